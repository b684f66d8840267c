//! Names of people, groups' members, sites and machines.

const FIRST: [&str; 24] = [
    "Anna", "Ben", "Carla", "David", "Elif", "Felix", "Grace", "Hanna", "Ivan", "Julia", "Karim", "Lena", "Marco",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Stefan", "Tara", "Ulrich", "Vera", "Wei", "Yusuf",
];
const LAST: [&str; 24] = [
    "Adler", "Bianchi", "Chen", "Dietrich", "Eriksen", "Fischer", "García", "Hoffmann", "Ibrahim", "Jansen",
    "Kowalski", "Larsen", "Meyer", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Schmidt", "Tanaka", "Usman",
    "Vogel", "Weber", "Zhang",
];
const SITES: [&str; 8] = [
    "Hamburg", "Leeds", "Lyon", "Malmö", "Milan", "Porto", "Vienna", "Warsaw",
];

/// Anybody who may call.
pub(super) fn caller(dice: &mut fastrand::Rng) -> String {
    format!(
        "{} {}",
        FIRST[dice.usize(..FIRST.len())],
        LAST[dice.usize(..LAST.len())]
    )
}

/// One of the six people of a group.
pub(super) fn member(dice: &mut fastrand::Rng, group: &str) -> String {
    let start = group.bytes().map(usize::from).sum::<usize>();
    let place = start + dice.usize(..6) * 7;
    format!("{} {}", FIRST[place % FIRST.len()], LAST[(place / 3) % LAST.len()])
}

/// A place where the organisation works.
pub(super) fn site(dice: &mut fastrand::Rng) -> &'static str {
    SITES[dice.usize(..SITES.len())]
}

/// A machine whose name begins so: `srv-db-017`.
pub(super) fn machine(dice: &mut fastrand::Rng, stem: &str) -> String {
    format!("{stem}-{:03}", dice.u32(1..40))
}
