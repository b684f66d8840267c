//! The process itself, by the names that every Prometheus exporter has for it. All of it is below `/proc/self`, which is
//! there under the unit's `ProcSubset=pid` too.

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::float;
use super::monotone::Sample;
use super::table::{
    Metric, PROCESS_CPU, PROCESS_FDS, PROCESS_MAX_FDS, PROCESS_RESIDENT, PROCESS_START, PROCESS_VIRTUAL,
};

/// What is known of it; what the system does not tell is left out.
pub(super) fn samples(started: f64) -> Vec<Sample> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu = std::time::Duration::try_from(cpu).map(|cpu| cpu.as_secs_f64());
    let files = std::fs::read_dir("/proc/self/fd").map(|files| files.count());
    let known: [(Metric, Option<f64>); 6] = [
        (PROCESS_START, Some(started)),
        (PROCESS_CPU, cpu.ok()),
        (PROCESS_RESIDENT, bytes(&status, "VmRSS:")),
        (PROCESS_VIRTUAL, bytes(&status, "VmSize:")),
        // One of them is the look itself.
        (
            PROCESS_FDS,
            files.ok().map(|files| float(files.saturating_sub(1) as u64)),
        ),
        (PROCESS_MAX_FDS, getrlimit(Resource::Nofile).current.map(float)),
    ];
    known
        .into_iter()
        .filter_map(|(metric, value)| Some(Sample::number(metric, Vec::new(), value?)))
        .collect()
}

/// `VmRSS:   12345 kB`
fn bytes(status: &str, key: &str) -> Option<f64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(float(kibibytes * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_knows_itself() {
        let samples = samples(5.0);
        assert_eq!(samples.len(), 6);
        for sample in samples {
            let super::super::families::Value::Number(number) = sample.value else {
                panic!("{sample:?}")
            };
            assert!(number > 0.0, "{sample:?}");
        }
        assert_eq!(bytes("Name:\titsmd\nVmRSS:\t   12 kB\n", "VmRSS:"), Some(12_288.0));
        assert_eq!(bytes("Name:\titsmd\n", "VmRSS:"), None);
    }
}
