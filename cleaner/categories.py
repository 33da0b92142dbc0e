"""The closed list of junk categories, and what each profile does with them."""

from typing import Literal, NamedTuple, get_args

Action = Literal["remove", "flag", "keep"]
Profile = Literal["light", "article", "strict"]

ACTIONS: tuple[Action, ...] = get_args(Action)
PROFILES: tuple[Profile, ...] = get_args(Profile)


class Category(NamedTuple):
    """A kind of junk: its name, what belongs to it, and its default action in each profile."""

    name: str
    description: str
    light: Action = "remove"
    article: Action = "remove"
    strict: Action = "remove"


CATEGORIES: dict[str, Category] = {
    category.name: category
    for category in (
        Category("consent", "cookie and consent notices, boxes that ask leave to show third-party content"),
        Category("player", "audio and video players: notices, play buttons, times, clip titles"),
        Category("browser-notice", "pleas to enable JavaScript, update or change the browser"),
        Category("radio-widget", "live-radio bars: what is on air, stations, streams"),
        Category("ad", "advertising and its labels, affiliate notices"),
        Category("share", "share bars, follow-us lines, print and save buttons"),
        Category("newsletter", "sign-up boxes for newsletters, alerts and apps"),
        Category("paywall", "subscription walls, offers, log-in pleas, free-article meters"),
        Category("promo", "the publisher's own promotion: events, apps, donations, tip lines"),
        Category("related", "links to other stories: related lists, read-more lines, most-read boxes"),
        Category("navigation", "menus, breadcrumbs, tags, page numbers, back-to-top, skip links"),
        Category("copyright", "copyright footers and reuse notices"),
        Category("about", "what the publisher says of itself, contact blocks, legal links"),
        Category("author-bio", "who the author is, contact of the author, bare names that head a bio"),
        Category("comments", "reader comments, their headers and forms"),
        Category("embed", "frames of embedded posts: handle lines, 'view on', counts", light="keep", article="keep"),
        Category("caption", "picture captions and picture credits that carry a marker", light="keep"),
        Category("credit", "who contributed, edited, translated; agency credits", light="keep"),
        Category("timestamp", "reading times, relative ages, update stamps outside the text", light="keep"),
        Category("duplicate", "a title, caption or paragraph that the extractor repeated"),
        Category("markup", "left-over code, placeholders, entities, template fields"),
        Category("spliced-story", "another story run into this one"),
        Category("other", "junk of no other kind"),
    )
}

#: The confidence from which a proposal is carried out; below it is only flagged.
THRESHOLDS: dict[Profile, float] = {"light": 0.95, "article": 0.75, "strict": 0.5}
