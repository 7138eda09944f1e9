"""Rows of test_types in which something is registered over REST."""

from callback_rows import row
from support.registry import Registry

BRANDS = "`POST /api/relay/rest/registry/beta/brands`"
CAMPAIGNS = "`POST …/brands/{id}/campaigns`"
ORDERS = "`POST …/campaigns/{id}/orders`"
# So slow that nothing happens but by hand.
BY_HAND = "--set=simulation.pace=real"
# Of a `dev` of the row's own.
NUMBER = "+12125550123"


def registers(name, place, statuses, known=(), **more):
    return row(
        "ten-dlc",
        name=name,
        place=place,
        statuses=statuses,
        methods=("POST",),
        known=lambda _: set(known),
        **more,
    )


@registers("verified", BRANDS, ["completed"])
def _(world):
    return Registry(world.dev, world.url).brand()["id"]


@registers("unverified at first", BRANDS, ["unverified", "completed"])
def _(world):
    return Registry(world.dev, world.url).brand(name="Unverified Ltd")["id"]


@registers("approved", CAMPAIGNS, ["active"], {"campaign"})
def _(world):
    brand = Registry(world.dev).brand()["id"]
    return Registry(world.dev, world.url).campaign(brand)["id"]


@registers("deactivated", CAMPAIGNS, ["active", "inactive"], {"campaign"})
def _(world):
    brand = Registry(world.dev).brand()["id"]
    campaign = Registry(world.dev, world.url).campaign(brand, name="To deactivate")
    return campaign["id"]


def ordered(world):
    """An order of one number; the order and the number's assignment."""
    world.restart(BY_HAND, time_scale=1)
    registry = Registry(world.dev)
    brand = registry.brand()["id"]
    campaign = registry.campaign(brand)["id"]
    registry.drive(brand, "completed")
    registry.drive(campaign, "active")
    world.client.incoming_phone_numbers.create(phone_number=NUMBER)
    order = Registry(world.dev, world.url).order(campaign, NUMBER)
    return registry, order["id"], registry.assignments(campaign)[NUMBER]["id"]


@registers("an order", ORDERS, ["processed"], {"campaign", "order"})
def _(world):
    registry, order, _ = ordered(world)
    registry.drive(order, "processing", "processed")
    return order


ASSIGNMENT = {"campaign", "order", "assignment"}


@registers("its number", ORDERS, ["failed", "pending", "completed"], ASSIGNMENT)
def _(world):
    registry, _, assignment = ordered(world)
    registry.drive(assignment, "failed", "pending", "completed")
    return assignment
