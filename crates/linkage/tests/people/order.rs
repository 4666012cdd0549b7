//! The order of rows and columns, and the number of threads, change nothing.

use midband_linkage::{Linker, Options};
use proptest::prelude::*;

use crate::made::{HEADERS, Row, people, table};

fn weights(linker: &Linker) -> Vec<(String, &'static str, f64)> {
    let mut all: Vec<(String, &'static str, f64)> = linker
        .weights()
        .into_iter()
        .flat_map(|column| {
            column
                .levels
                .into_iter()
                .map(move |level| (column.column.clone(), level.level, (level.m / level.u).ln()))
        })
        .collect();
    all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn order_of_rows_columns_and_threads_is_nothing(seed in any::<u64>(), threads in 1_usize..5) {
        let (rows, _) = people(760);
        let mut linker = Linker::new(table(&HEADERS, &rows), None, Options { threads: 1, ..Options::default() }).unwrap();
        linker.fit(&[]);
        let key = |at: usize, salt: u64| (at as u64 + 1).wrapping_mul(seed | 1).wrapping_add(salt).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|at| key(*at, 1));
        let mut columns: Vec<usize> = (0..HEADERS.len()).collect();
        columns.sort_by_key(|at| key(*at, 2));
        let shuffled: Vec<Row> = order.iter().map(|at| columns.iter().map(|column| rows[*at][*column].clone()).collect()).collect();
        let headers: Vec<&str> = columns.iter().map(|column| HEADERS[*column]).collect();
        let mut other = Linker::new(table(&headers, &shuffled), None, Options { threads, ..Options::default() }).unwrap();
        other.fit(&[]);
        for (a, b) in weights(&linker).iter().zip(&weights(&other)) {
            prop_assert!(a.0 == b.0 && a.1 == b.1 && (a.2 - b.2).abs() < 1e-9, "{a:?} {b:?}");
        }
        let mut one: Vec<(u32, u32, f64)> = linker.links().iter().map(|link| (link.left, link.right, link.log_odds)).collect();
        let mut two: Vec<(u32, u32, f64)> = other
            .links()
            .iter()
            .map(|link| (order[link.left as usize] as u32, order[link.right as usize] as u32, link.log_odds))
            .map(|(a, b, odds)| (a.min(b), a.max(b), odds))
            .collect();
        one.sort_by_key(|a| (a.0, a.1));
        two.sort_by_key(|a| (a.0, a.1));
        prop_assert_eq!(one.len(), two.len());
        for (a, b) in one.iter().zip(&two) {
            prop_assert!(a.0 == b.0 && a.1 == b.1 && (a.2 - b.2).abs() < 1e-9, "{:?} {:?}", a, b);
        }
    }
}
