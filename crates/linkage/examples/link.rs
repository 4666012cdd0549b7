//! Links a list with itself, or two lists: `link LEFT.csv [RIGHT.csv] [--gold GOLD.csv] [--id id] [--rule RULE]… [--errors N]`.
//! `--verdicts N --right R`: the N pairs nearest to even odds get verdicts that are right with probability R (SIMULATED, from the
//! gold), the weights are learnt again with them, and F1 over the other pairs is printed before and after.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    time::Instant,
};

use midband_linkage::{Evidence, Fit, Linker, Options, Table, TableBuilder};

type Res<T> = Result<T, Box<dyn Error>>;

fn read(path: &str, id: &str) -> Res<(Table, Vec<String>, Vec<Vec<String>>)> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let at = headers.iter().position(|header| header == id);
    let keep = |i: &usize| Some(*i) != at;
    let mut builder = TableBuilder::new(
        (0..headers.len())
            .filter(keep)
            .map(|i| headers[i].to_owned()),
    );
    let (mut ids, mut rows) = (Vec::new(), Vec::new());
    let errors = std::env::args().any(|arg| arg == "--errors");
    for (row, record) in reader.records().enumerate() {
        let record = record?;
        builder.push((0..headers.len()).filter(keep).map(|i| record.get(i)));
        ids.push(
            at.and_then(|at| record.get(at))
                .map_or_else(|| row.to_string(), str::to_owned),
        );
        if errors {
            rows.push(record.iter().map(str::to_owned).collect());
        }
    }
    Ok((builder.finish(), ids, rows))
}

fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text
        .lines()
        .find(|line| line.starts_with(key))
        .and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    line.unwrap_or(0)
}

/// The same numbers on every run (Knuth, The Art of Computer Programming, 6.4).
fn toss(pair: (u32, u32)) -> f64 {
    let mixed = (u64::from(pair.0) << 32 | u64::from(pair.1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// Learns again with simulated verdicts, and prints F1 over the other pairs.
fn with_verdicts(linker: &mut Linker, gold: &HashSet<(u32, u32)>, verdicts: usize, right: f64) {
    let mut nearest = linker.links();
    nearest.sort_by(|a, b| a.log_odds.abs().total_cmp(&b.log_odds.abs()));
    nearest.truncate(verdicts);
    let asked: HashSet<(u32, u32)> = nearest.iter().map(|link| (link.left, link.right)).collect();
    let evidence: Vec<Evidence> = (nearest.iter())
        .map(|link| (link.left, link.right))
        .map(|pair| {
            let yes = gold.contains(&pair) == (toss(pair) < right);
            let p_match = if yes { right } else { 1.0 - right };
            Evidence { pair, p_match }
        })
        .collect();
    let others = gold.difference(&asked).count();
    let f1 = |linker: &Linker, least: f64| {
        let links = linker.links();
        let said = links.iter().filter(|link| link.log_odds >= least);
        let said: Vec<(u32, u32)> = said.map(|link| (link.left, link.right)).collect();
        let said = said.iter().filter(|pair| !asked.contains(pair));
        let hits = said.clone().filter(|pair| gold.contains(pair)).count();
        2.0 * hits as f64 / (said.count() + others) as f64
    };
    // Odds of 5 to 1: where lists of people are cut.
    let cut = 5.0_f64.ln();
    let before = (f1(linker, 0.0), f1(linker, cut));
    linker.fit(&evidence);
    println!(
        "{verdicts} SIMULATED verdicts, right {right}: F1 of the others {:.4} -> {:.4}, at the cut {:.4} -> {:.4}",
        before.0,
        f1(linker, 0.0),
        before.1,
        f1(linker, cut)
    );
}

fn main() -> Res<()> {
    let mut lists = Vec::new();
    let (mut gold_path, mut id, mut errors) = (None, "id".to_owned(), 0);
    let (mut verdicts, mut right_share) = (0, 0.8);
    let mut options = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut next = || args.next().ok_or("an option without its value");
        match arg.as_str() {
            "--gold" => gold_path = Some(next()?),
            "--id" => id = next()?,
            "--ignore" => options.ignore.push(next()?),
            "--rule" => options.rules.push(next()?.parse()?),
            "--verdicts" => verdicts = next()?.parse()?,
            "--right" => right_share = next()?.parse()?,
            "--errors" => errors = next()?.parse()?,
            _ => lists.push(arg),
        }
    }
    let started = Instant::now();
    let (left, left_ids, left_rows) = read(lists.first().ok_or("no list")?, &id)?;
    let right = lists.get(1).map(|path| read(path, &id)).transpose()?;
    let (right, right_ids, right_rows) = right.map_or_else(
        || (None, left_ids.clone(), left_rows.clone()),
        |(t, i, r)| (Some(t), i, r),
    );
    let two = right.is_some();
    let mut linker = Linker::new(left, right, options)?;
    let plan = linker.plan();
    for column in plan.left.iter().chain(&plan.right) {
        println!(
            "{:22} {:14} {} ({} filled, {} placeholders)",
            column.name, column.kind, column.why, column.filled, column.placeholders
        );
    }
    for one in &plan.mapped {
        println!("{} = {} ({:.2})", one.left, one.right, one.confidence);
    }
    for one in &plan.rules {
        println!(
            "{:10} {}{}",
            one.pairs,
            one.rule,
            one.dropped
                .as_ref()
                .map_or(String::new(), |why| format!("  NOT USED: {why}"))
        );
    }
    println!(
        "{:?} every pair {} informative {}",
        plan.notes,
        plan.every_pair,
        linker.informative()
    );
    println!("planned after {:.2} s", started.elapsed().as_secs_f64());
    println!(
        "{} candidates after {:.2} s",
        linker.candidates().len(),
        started.elapsed().as_secs_f64()
    );
    match linker.fit(&[]) {
        Fit::Learnt(found) => {
            println!("{:.0} matches, {:.0} found", found.matches, found.found);
            for trace in &found.objective {
                println!(
                    "{} steps, {:.1} to {:.1}",
                    trace.len(),
                    trace[0],
                    trace[trace.len() - 1]
                );
            }
        }
        Fit::Unidentified(reason) => println!("not identified: {reason}"),
    }
    println!("classes {:.1?}", linker.class_sizes());
    for column in linker.weights() {
        for level in column.levels {
            println!(
                "{:16} {:32} m {:.4} u {:.7} {:+.1}",
                column.column,
                level.level,
                level.m,
                level.u,
                (level.m / level.u).log2()
            );
        }
    }
    let links = linker.links();
    println!(
        "linked after {:.2} s, peak {} MB",
        started.elapsed().as_secs_f64(),
        status("VmHWM") / 1024
    );
    let Some(gold_path) = gold_path else {
        return Ok(());
    };
    let number = |ids: &[String]| {
        ids.iter()
            .enumerate()
            .map(|(i, id)| (id.clone(), i as u32))
            .collect::<HashMap<_, _>>()
    };
    let (lefts, rights) = (number(&left_ids), number(&right_ids));
    let mut gold = HashSet::new();
    for record in csv::Reader::from_path(gold_path)?.records() {
        let record = record?;
        let (a, b) = (lefts[&record[0]], rights[&record[1]]);
        gold.insert(if two { (a, b) } else { (a.min(b), a.max(b)) });
    }
    let mut ranked: Vec<(f64, bool, (u32, u32))> = links
        .iter()
        .map(|link| {
            (
                link.log_odds,
                gold.contains(&(link.left, link.right)),
                (link.left, link.right),
            )
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let reached = ranked.iter().filter(|one| one.1).count();
    let f1 = |right: usize, said: usize| 2.0 * right as f64 / (said + gold.len()) as f64;
    let said = ranked.iter().filter(|one| one.0 >= 0.0).count();
    let right = ranked.iter().filter(|one| one.0 >= 0.0 && one.1).count();
    let (mut best, mut hits) = ((0.0, 0.0), 0);
    for (at, one) in ranked.iter().enumerate() {
        hits += usize::from(one.1);
        best = if f1(hits, at + 1) > best.0 {
            (f1(hits, at + 1), one.0)
        } else {
            best
        };
    }
    println!(
        "P {:.4} R {:.4} F1 {:.5}; best F1 {:.5} at log odds {:.2}; pairs completeness {:.4} ({} missed)",
        right as f64 / said.max(1) as f64,
        right as f64 / gold.len() as f64,
        f1(right, said),
        best.0,
        best.1,
        reached as f64 / gold.len() as f64,
        gold.len() - reached
    );
    let wrong = ranked.iter().filter(|one| (one.0 >= 0.0) != one.1);
    for (score, truth, (a, b)) in wrong.take(errors) {
        println!(
            "{score:.2} {truth}\n  {:?}\n  {:?}",
            left_rows[*a as usize], right_rows[*b as usize]
        );
        for part in linker
            .score((*a, *b))
            .map(|scored| scored.parts)
            .unwrap_or_default()
        {
            print!(
                "  {} {}: {:+.1};",
                part.column, part.level, part.weight_log2
            );
        }
        println!();
    }
    if verdicts > 0 {
        with_verdicts(&mut linker, &gold, verdicts, right_share);
    }
    Ok(())
}
