//! Rows that no server can give, met by a sweep.

use std::collections::HashSet;

use itsmd::store::Sweep;

use super::{contoso, fill, imported, number, store, sweep, swept};
use crate::rig::{Rig, id};

#[tokio::test(flavor = "multi_thread")]
async fn six_rows_in_a_row_that_cannot_be_served_are_set_aside_and_the_sweep_comes_to_its_end() {
    let rig = Rig::new().await;
    rig.configure("work_items = [\"incident\"]");
    fill(&rig, 60);
    rig.sync(&[]).await;
    for number in 500..506 {
        rig.desk.put("incident", &imported("Not served", number, 5));
        rig.desk.poison("incident", &id(number));
    }
    rig.desk.put("incident", &imported("Behind them", 506, 6));
    let (status, report) = sweep(&rig, &contoso(), Sweep::Nightly).await;
    assert_eq!(
        (status, swept(&rig).nights, swept(&rig).asked),
        (0, 1, None),
        "{report:#}"
    );
    assert_eq!(rig.latest()[&number(506)]["Title_s"], "Behind them");
    let aside = store(&rig).call_here(|db| db.quarantine()).unwrap();
    let aside: HashSet<String> = aside.into_iter().map(|entry| entry.aside.number).collect();
    assert_eq!(aside, (500..506).map(number).collect::<HashSet<_>>());
}
