"""The example about 10DLC."""

import csv

import traffic as made
from examples import picture


def test_ten_of_twelve_assignments_that_fail_are_reported_once(example, traffic):
    app = example("tendlc-pipeline-monitor")
    to = traffic(app)
    numbers = made.tendlc_pipeline_monitor(to)
    report = app.wait_for_report("1 reports, 0 failed assignments since the last one")
    assert report.count("number_assignment_failed") == 10
    assert report.count("number_assignment_activated") == 2
    assert "brand_activated" in report and "campaign_activated" in report
    assert "processed" in report
    with open(app.data / "failed_10dlc_assignments.csv", newline="") as lines:
        table = list(csv.DictReader(lines))
    assert [row["Phone Number"] for row in table] == numbers[2:]
    assert len({row["Assignment ID"] for row in table}) == 10
    assert len({row["Campaign ID"] for row in table}) == 1
    assert {row["Project ID"] for row in table} == {to.settings.project}
    assert all(row["Failed At"] for row in table)
    assert app.stderr().count("10 assignments have failed") == 1
    assert app.relay.was_unkind()
    picture.check(app)
