//! No document runs for ever: each bound ends the call and is named.

use super::*;

#[track_caller]
fn check_bound(told: &Told, remarks: &[String], code: &str, said: &str) {
    assert_eq!(told.status(), "completed");
    assert_eq!(told.error().as_deref(), Some(code));
    assert_eq!(remarks.last().map(String::as_str), Some(said));
}

#[tokio::test(start_paused = true)]
async fn documents_that_lead_to_one_another_end() {
    let told = Story::outbound("<Response><Say>again</Say><Redirect>/first</Redirect></Response>")
        .run()
        .await;
    assert_eq!(told.documents(&[]).len(), 100);
    let said = "The document ends here (document_redirects_exceeded): a call fetches at most 100 documents, a leg 10.";
    check_bound(
        &told,
        &told.remarks().await,
        "document_redirects_exceeded",
        said,
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_of_many_verbs_ends() {
    let verbs = "<Pause length=\"0\"/>".repeat(1_001);
    let mut story = Story::outbound("");
    story.call.document = Document::Inline(format!("<Response>{verbs}</Response>"));
    let told = story.run().await;
    let said =
        "The document ends here (document_verbs_exceeded): a call runs at most 1000 instructions.";
    check_bound(
        &told,
        &told.remarks().await,
        "document_verbs_exceeded",
        said,
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_that_speaks_for_ever_ends() {
    let told = Story::outbound("<Response><Say loop=\"0\">a</Say></Response>")
        .run()
        .await;
    assert_eq!(told.seconds(), 4 * 3_600);
    let said = "The document ends here (document_time_exceeded): a call lasts at most 14400 s.";
    check_bound(&told, &told.remarks().await, "document_time_exceeded", said);
}
