use redb::ReadableTable;

use std::sync::atomic::AtomicUsize;

use super::*;

/// One number a text: its length. Counts what it is asked.
struct Lengths {
    model: ModelIdentity,
    embedded: AtomicUsize,
}

impl Lengths {
    fn new(digest: &str) -> Self {
        Self {
            model: ModelIdentity {
                name: "lengths".into(),
                digest: digest.into(),
            },
            embedded: AtomicUsize::new(0),
        }
    }
}

impl Embedder for Lengths {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
        let mut vectors = Vectors::zeros(texts.len(), 1);
        for (row, text) in texts.iter().enumerate() {
            vectors.set(row, &[text.len() as f32], text.len() > 3)?;
        }
        Ok(vectors)
    }
    fn width(&self) -> usize {
        1
    }
    fn max_tokens(&self) -> usize {
        3
    }
    fn model(&self) -> &ModelIdentity {
        &self.model
    }
}

fn asked<E: Embedder>(cached: &CachedEmbedder<E>, of: impl Fn(&E) -> usize) -> usize {
    of(&cached.inner)
}

#[test]
fn a_later_process_embeds_nothing_again_and_another_model_does() {
    let dir = tempfile::tempdir().unwrap();
    let count = |inner: &Lengths| inner.embedded.load(Ordering::Relaxed);
    let first = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
    let vectors = first.embed(&["a", "bb", "cccc"]).unwrap();
    assert_eq!((asked(&first, count), first.len().unwrap()), (3, 3));
    drop(first);

    let second = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
    assert_eq!(second.embed(&["a", "bb", "cccc"]).unwrap(), vectors);
    assert_eq!(asked(&second, count), 0);
    assert_eq!(second.embed(&["bb", "new"]).unwrap().values(), [2.0, 3.0]);
    assert_eq!(asked(&second, count), 1);
    drop(second);

    let other = CachedEmbedder::open(Lengths::new("two"), dir.path()).unwrap();
    other.embed(&["a"]).unwrap();
    assert_eq!(asked(&other, count), 1);
}

#[test]
fn two_users_at_once_are_told_and_a_file_that_is_no_cache_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let _open = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
    let second = CachedEmbedder::open(Lengths::new("one"), dir.path())
        .err()
        .unwrap();
    assert!(matches!(second, CacheError::InUse(_)), "{second}");

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(FILE), b"not a database at all").unwrap();
    let cached = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
    let aside = cached.set_aside().unwrap();
    assert_eq!(std::fs::read(aside).unwrap(), b"not a database at all");
    assert_eq!(
        cached.embed(&["four"]).unwrap().get(0).unwrap().vector,
        [4.0]
    );
}

/// A cache of that many vectors on that day.
fn filled(folder: &Path, day: u32, texts: std::ops::Range<usize>) {
    let mut cached = CachedEmbedder::open(Lengths::new("one"), folder).unwrap();
    cached.today = day;
    let texts: Vec<String> = texts.map(|at| format!("text {at}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    cached.embed(&texts).unwrap();
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let embedded = |texts: &[&str]| {
        let cached = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
        cached.embed(texts).unwrap();
        asked(&cached, |inner| inner.embedded.load(Ordering::Relaxed))
    };
    filled(dir.path(), 100, 0..5_000);
    filled(dir.path(), 200, 5_000..10_000);
    filled(dir.path(), 300, 4_999..5_000);
    let held = || CachedEmbeddings::of(dir.path()).unwrap().unwrap();
    assert_eq!(held().vectors, 10_000);
    let before = held().bytes;
    assert_eq!(held().prune(None, Some(100)).unwrap(), 0);
    assert_eq!(held().prune(None, Some(200)).unwrap(), 4_999);
    assert_eq!((held().vectors, held().bytes < before), (5_001, true));
    let most = held().bytes * 2 / 3;
    let removed = held().prune(Some(most), None).unwrap();
    assert!((1..5_001).contains(&removed), "{removed}");
    assert_eq!(held().vectors, 5_001 - removed);
    assert!(held().bytes <= most);
    // The one that was used last is still there.
    assert_eq!(embedded(&["text 4999"]), 0);
    assert_eq!(embedded(&["text 0"]), 1);
    held().prune(Some(10), None).unwrap();
    assert_eq!(CachedEmbeddings::of(dir.path()).unwrap(), None);
}

#[test]
fn a_full_cache_takes_no_more_and_counts_it() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1, 0..10);
    let most = CachedEmbeddings::of(dir.path()).unwrap().unwrap().bytes;
    let cached = CachedEmbedder::open(Lengths::new("one"), dir.path()).unwrap();
    let cached = cached.with_most_bytes(most);
    assert_eq!(cached.embed(&["one more"]).unwrap().values(), [8.0]);
    assert_eq!(
        (cached.left_out(), cached.lost(), cached.len().unwrap()),
        (1, 0, 10)
    );
}

#[test]
fn a_row_of_another_sum_is_embedded_again() {
    let dir = tempfile::tempdir().unwrap();
    let cached = CachedEmbedder::open(Lengths::new("x"), dir.path()).unwrap();
    cached.embed(&["four"]).unwrap();
    let key = cached.key("four");
    let transaction = cached.database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(TABLE).unwrap();
        let mut bytes = table.get(key.as_slice()).unwrap().unwrap().value().to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        table.insert(key.as_slice(), bytes.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    let vectors = cached.embed(&["four"]).unwrap();
    assert_eq!(vectors.get(0).unwrap().vector, [4.0]);
    assert_eq!(cached.inner.embedded.load(Ordering::Relaxed), 2);
}
