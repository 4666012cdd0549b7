use midband_core::PairId;

use super::*;

fn record(score: f64, id: &str) -> Record {
    Record::new(score, "m".to_owned(), &PairId::new(id))
}

#[test]
fn what_was_kept_is_found_by_the_first_key_that_has_it_and_forgotten_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    cache.put([1; 32], record(0.25, "one"));
    cache.put([2; 32], record(0.75, "two"));
    cache.put([3; 32], record(0.5, "one"));
    cache.flush();
    let groups = vec![vec![[9; 32], [2; 32], [1; 32]], vec![[8; 32]]];
    let found = cache.get_all(groups.into_iter()).unwrap();
    assert_eq!(found[0].as_ref().map(Record::score), Some(0.75));
    assert_eq!(found[1], None);
    let stats = cache.stats().unwrap();
    assert_eq!((stats.verdicts, stats.models["m"]), (3, 3));
    assert_eq!(cache.forget("one").unwrap(), 2);
    assert_eq!(cache.forget("one").unwrap(), 0);
    assert_eq!(cache.clear().unwrap(), 1);
    assert_eq!(cache.stats().unwrap().verdicts, 0);
}

#[test]
fn the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let old = |at: u64| Record {
        at,
        ..record(0.5, "one")
    };
    let cache = Cache::open(folder.path()).unwrap();
    for number in 0..4_000u32 {
        let key = *blake3::hash(&number.to_le_bytes()).as_bytes();
        cache.put(key, old(u64::from(number) * 1_000));
    }
    drop(cache);
    let held = || {
        let cache = Cache::existing(folder.path()).unwrap().unwrap();
        cache.stats().unwrap()
    };
    assert_eq!(
        Cache::prune(folder.path(), None, Some(1_000_000)).unwrap(),
        1_000
    );
    assert_eq!((held().verdicts, held().oldest), (3_000, 1_000));
    let most = held().bytes / 2;
    let removed = Cache::prune(folder.path(), Some(most), None).unwrap();
    assert!((1..3_000).contains(&removed), "{removed}");
    assert!(held().bytes <= most, "{} {most}", held().bytes);
    assert_eq!((held().verdicts, held().newest), (3_000 - removed, 3_999));
    assert_eq!(
        Cache::open(folder.path()).unwrap().forget("one").unwrap(),
        3_000 - removed
    );
    assert_eq!(Cache::prune(folder.path(), Some(10), None).unwrap(), 0);
    assert!(Cache::existing(folder.path()).unwrap().is_none());
    assert_eq!(Cache::prune(folder.path(), Some(10), None).unwrap(), 0);
}

#[test]
fn a_look_makes_and_moves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Cache::existing(folder.path()).unwrap().is_none());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    std::fs::write(Cache::file_in(folder.path()), "no database").unwrap();
    let error = Cache::existing(folder.path()).err().unwrap();
    assert!(matches!(error, CacheError::Storage { .. }), "{error}");
    assert_eq!(
        std::fs::read(Cache::file_in(folder.path())).unwrap(),
        b"no database"
    );
}

#[test]
fn a_second_user_of_the_file_sees_what_the_first_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let first = Cache::open(folder.path()).unwrap();
    let second = Cache::open(folder.path()).unwrap();
    first.put([1; 32], record(0.25, "one"));
    second.put([2; 32], record(0.5, "two"));
    first.flush();
    assert_eq!(second.stats().unwrap().verdicts, 2);
    drop((first, second));
    let third = Cache::open(folder.path()).unwrap();
    assert_eq!(third.stats().unwrap().verdicts, 2);
}

#[test]
fn no_text_and_no_id_stand_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    cache.put([1; 32], record(0.25, "MRN-4711"));
    drop(cache);
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"MRN-4711"));
}

/// Name of the variable that makes a test process the second user of a cache.
const CHILD: &str = "MIDBAND_TEST_CACHE";

#[test]
fn two_processes_share_the_file() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let cache = Cache::open(Path::new(&folder)).unwrap();
        (10..20).for_each(|key| cache.put([key; 32], record(0.5, "child")));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cache::tests::two_processes_share_the_file"])
        .env(CHILD, folder.path())
        .stdout(std::process::Stdio::null())
        .spawn();
    (0..10).for_each(|key| cache.put([key; 32], record(0.25, "parent")));
    assert!(child.unwrap().wait().unwrap().success());
    assert_eq!((cache.stats().unwrap().verdicts, cache.lost()), (20, 0));
}

#[test]
fn a_verdict_of_another_sum_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    cache.put([1; 32], record(0.25, "one"));
    cache.flush();
    let look = || {
        cache
            .get_all(std::iter::once(vec![[1; 32]]))
            .unwrap()
            .remove(0)
    };
    assert!(look().is_some());
    write(&cache.database, |verdicts, _| {
        let bytes = verdicts.get([1; 32].as_slice())?.unwrap().value().to_vec();
        let mut bent: Record = serde_json::from_slice(&bytes).unwrap();
        bent.bits ^= 1 << 50;
        verdicts.insert(
            [1; 32].as_slice(),
            serde_json::to_vec(&bent).unwrap().as_slice(),
        )?;
        Ok(())
    })
    .unwrap();
    assert_eq!(look(), None);
}
