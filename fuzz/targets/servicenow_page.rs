//! Bytes as the body of a page of ServiceNow's Table API.
#![no_main]

use std::sync::LazyLock;

use itsmd::source::ServiceNow;
use itsmd_fuzz::{beginning, check_page, ok, servicenow};
use libfuzzer_sys::fuzz_target;

static DESK: LazyLock<ServiceNow> = LazyLock::new(servicenow);

fuzz_target!(|body: &[u8]| {
    let at = beginning();
    if let Ok((Some(page), _)) = DESK.read_answer(&ok(body), &at, 100) {
        check_page(&page, &at);
    }
});
