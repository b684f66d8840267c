//! Bytes as the body of a page of Dataverse's Web API.
#![no_main]

use std::sync::LazyLock;

use itsmd::source::Dataverse;
use itsmd_fuzz::{beginning, check_page, dataverse, ok};
use libfuzzer_sys::fuzz_target;

static DESK: LazyLock<Dataverse> = LazyLock::new(dataverse);

fuzz_target!(|body: &[u8]| {
    let at = beginning();
    if let Ok((Some(page), _)) = DESK.read_answer(&ok(body), &at, 100, false) {
        check_page(&page, &at);
        // Where there is more, the link to it comes back out of the position.
        assert_eq!(page.end, DESK.link_behind(&page.at, 100).is_none());
    }
});
