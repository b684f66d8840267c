//! The crew: a head and a rest activation for each stream, as long as one configuration is in force.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::build::Parts;
use super::member::{AskedPass, Loops, Member};
use super::requests::AskedSync;
use super::sync::{ConnectionSync, StreamSync, SyncReport};
use crate::daemon::Ring;
use crate::model::StreamId;
use crate::status::Outcome;
use crate::store::Tally;
use crate::sync::Pass;

/// The workers of every stream.
#[derive(Debug)]
pub(super) struct Crew {
    pub parts: Parts,
    members: Vec<Arc<Member>>,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
    stop: CancellationToken,
}

impl Crew {
    /// Starts the workers; they wait for their bells.
    pub fn start(parts: Parts) -> Self {
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let mut members = Vec::new();
        for (connected, stream) in parts.streams() {
            let loops = Loops::new();
            let member = Arc::new(Member::new(connected, Arc::clone(stream), &loops));
            let Loops { head, rest, reconcile } = loops;
            let asking = Arc::clone(&member);
            tasks.spawn(reconcile.run(stop.clone(), move || {
                let member = Arc::clone(&asking);
                async move { member.look_for_the_rest().await }
            }));
            for (activation, pass) in [(head, Pass::Head), (rest, Pass::Rest)] {
                let (member, cancel) = (Arc::clone(&member), stop.clone());
                tasks.spawn(activation.run(stop.clone(), move || {
                    let (member, cancel) = (Arc::clone(&member), cancel.clone());
                    async move { member.work(pass, cancel).await }
                }));
            }
            members.push(member);
        }
        for way in parts.ways() {
            tasks.spawn(way.keep_pauses(stop.clone()));
        }
        Self {
            parts,
            members,
            tasks: tokio::sync::Mutex::new(tasks),
            stop,
        }
    }

    /// Its members.
    pub fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// What the scheduler is to ring.
    pub fn rings(&self) -> Vec<Ring> {
        let heads = self.heads().into_iter().map(|(_, ring)| ring);
        heads.chain(self.reconciles()).collect()
    }

    /// The ring of each head.
    pub fn heads(&self) -> Vec<(Arc<Member>, Ring)> {
        let mut rings = Vec::new();
        for connected in &self.parts.connections {
            let settings = &connected.settings;
            let schedule = match super::schedule(settings, &settings.schedule, super::now()) {
                Ok(schedule) => schedule,
                Err(error) => {
                    tracing::error!(connection = %settings.name, %error, "nothing rings this connection");
                    continue;
                }
            };
            let members = self
                .members
                .iter()
                .filter(|member| member.stream.id.connection == settings.name);
            for member in members {
                rings.push((
                    Arc::clone(member),
                    Ring {
                        name: member.stream.id.to_string(),
                        schedule: schedule.clone(),
                        bell: member.head.clone(),
                    },
                ));
            }
        }
        rings
    }

    fn reconciles(&self) -> impl Iterator<Item = Ring> {
        self.members.iter().filter_map(|member| {
            Some(Ring {
                name: reconcile_ring(&member.stream.id),
                schedule: member.reconciles.clone()?,
                bell: member.reconcile.clone(),
            })
        })
    }

    /// Whether it ends, or has ended.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// The streams whose workers are gone though nobody stopped them, or stand still though nobody asked them to wait.
    pub fn gone(&self) -> Vec<String> {
        if self.stop.is_cancelled() {
            return Vec::new();
        }
        let gone = self.members.iter().filter(|member| member.is_gone());
        let gone = gone.map(|member| format!("a worker of {} is gone", member.stream.id));
        let still = self.members.iter().filter_map(|member| {
            let silent = member.stands_still()?.as_secs() / 60;
            Some(format!(
                "{} has been in a run for {silent} minutes in which nothing happened",
                member.stream.id
            ))
        });
        gone.chain(still).collect()
    }

    /// Lets every stream look whether a reconcile was due while nobody looked.
    pub fn ring_reconciles(&self) {
        self.members.iter().for_each(|member| member.reconcile.ring());
    }

    /// Rings every head.
    pub fn ring_heads(&self) {
        self.members.iter().for_each(|member| member.head.ring());
    }

    /// Stops after the pages in hand; those that take longer are dropped, and read again at the next run.
    pub async fn stop(&self, within: Duration) {
        self.stop.cancel();
        // A page that waits for the workspace's wish has nothing to finish. The desks' ways outlive a reload, and whoever
        // waits at one of them hears of the stop by itself.
        if let Some(workspace) = self.parts.workspace.client() {
            workspace.limiter().close();
        }
        let mut tasks = self.tasks.lock().await;
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, ended).await.is_err() {
            tracing::warn!("pages in hand took too long and were dropped; they are read again");
            tasks.shutdown().await;
        }
    }

    /// Rings the named connections (all, if none is named) and waits until they are through: `itsmd sync` beside a daemon.
    pub async fn sync(&self, asked: &AskedSync) -> SyncReport {
        let begun = Instant::now();
        let only = &asked.connections;
        let chosen = |name: &str| only.is_empty() || only.contains(name);
        let asked_pass = AskedPass {
            run_id: super::new_run_id(),
            wait: asked.wait,
            sweep: asked.sweep(),
        };
        let mut connections = Vec::new();
        let mut waits = Vec::new();
        for connected in self
            .parts
            .connections
            .iter()
            .filter(|c| chosen(c.settings.name.as_str()))
        {
            let name = &connected.settings.name;
            let members = self
                .members
                .iter()
                .filter(|member| member.stream.id.connection == *name);
            waits.extend(members.map(|member| member.pass(&asked_pass, &self.stop)));
        }
        let passed = futures_util::future::join_all(waits).await;
        let mut passed = passed.into_iter();
        for connected in self
            .parts
            .connections
            .iter()
            .filter(|c| chosen(c.settings.name.as_str()))
        {
            let settings = &connected.settings;
            let streams = settings.work_items.iter().map(|&kind| match settings.enabled {
                true => passed.next().unwrap_or_else(|| skipped(kind)),
                false => skipped(kind),
            });
            connections.push(ConnectionSync {
                name: settings.name.to_string(),
                streams: streams.collect(),
            });
        }
        SyncReport {
            run_id: asked_pass.run_id,
            elapsed_seconds: begun.elapsed().as_secs_f64(),
            connections,
        }
    }
}

/// The name of a stream's second ring.
pub(super) fn reconcile_ring(stream: &StreamId) -> String {
    format!("{stream} reconcile")
}

fn skipped(kind: crate::model::WorkItemKind) -> StreamSync {
    StreamSync::of(kind, Outcome::Skipped, None, Tally::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::one_desk;
    use crate::store::{Store, Threads};

    #[tokio::test]
    async fn a_sync_asked_of_a_crew_whose_workers_are_gone_is_never_called_complete() {
        let folder = tempfile::tempdir().unwrap();
        let config = one_desk(folder.path());
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let crew = Crew::start(Parts::build(config, store, None).unwrap());
        // Nobody cancelled: their loops alone are gone.
        crew.tasks.lock().await.shutdown().await;
        for _ in 0..2 {
            for _ in 0..20 {
                let report = crew.sync(&AskedSync::default()).await;
                let streams = &report.connections[0].streams;
                assert!(!streams.is_empty());
                assert!(streams.iter().all(|stream| stream.outcome == Outcome::Interrupted));
            }
            crew.stop(Duration::from_secs(1)).await;
        }
    }
}
