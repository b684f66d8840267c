//! Set-ups with one thing wrong: `check` names it by its code, as grave as it is, and calls nothing else an error.

mod desk;
mod network;
mod sign_in;
pub mod stage;
mod workspace;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, StreamExt};

use stage::{Broken, Outcome};

/// What is wrong, how it comes to be so, and what `check` says.
struct Case {
    name: &'static str,
    breaks: for<'b> fn(&'b mut Broken) -> LocalBoxFuture<'b, ()>,
    code: &'static str,
    outcome: Outcome,
}

const fn case(
    name: &'static str,
    code: &'static str,
    outcome: Outcome,
    breaks: for<'b> fn(&'b mut Broken) -> LocalBoxFuture<'b, ()>,
) -> Case {
    Case {
        name,
        breaks,
        code,
        outcome,
    }
}

/// Each alone in its own world, a few at a time.
async fn all(cases: &'static [Case]) {
    let told: Vec<Option<String>> = stream::iter(cases)
        .map(|case| async move {
            let mut broken = Broken::new().await;
            (case.breaks)(&mut broken).await;
            broken.checked(case.name, case.code, case.outcome).await.err()
        })
        .buffer_unordered(4)
        .collect()
        .await;
    let wrong: Vec<String> = told.into_iter().flatten().collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_wrong_on_the_way_to_a_server() {
    all(network::CASES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_wrong_with_a_sign_in() {
    all(sign_in::CASES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_wrong_with_tables_and_columns() {
    all(desk::CASES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_wrong_with_the_workspace_and_the_file() {
    all(workspace::CASES).await;
}

#[test]
fn there_are_more_than_forty_and_each_has_a_name_of_its_own() {
    let cases = [network::CASES, sign_in::CASES, desk::CASES, workspace::CASES].concat_names();
    let names: std::collections::BTreeSet<&str> = cases.iter().copied().collect();
    assert!(cases.len() > 40 && names.len() == cases.len(), "{}", cases.len());
}

trait Names {
    fn concat_names(&self) -> Vec<&'static str>;
}

impl<const N: usize> Names for [&'static [Case]; N] {
    fn concat_names(&self) -> Vec<&'static str> {
        self.iter()
            .flat_map(|cases| cases.iter().map(|case| case.name))
            .collect()
    }
}
