//! Files of keys and of values.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{manifest::Manifest, merged, reading::of_value, sorted::Writer};

/// A file becomes one with the file before where that is less than so many times as long.
const GROWTH: u64 = 2;

/// Files of keys and values that a run makes; none has the name of an earlier one.
pub(super) struct Made<'a> {
    pub(super) folder: &'a Path,
    pub(super) run: u32,
    pub(super) part: u32,
}

impl Made<'_> {
    fn name(&mut self, what: &str) -> (String, PathBuf) {
        self.part += 1;
        let name = format!("{what}-{:06}-{:03}.jsonl", self.run, self.part);
        let path = self.folder.join(&name);
        (name, path)
    }

    /// By key, where its records begin.
    pub(super) fn keys(&mut self, mut keys: Vec<(String, u64)>) -> std::io::Result<String> {
        keys.sort_unstable();
        keys.dedup();
        let (name, path) = self.name("keys");
        let mut writer = Writer::create(&path)?;
        for block in keys.chunk_by(|a, b| a.0 == b.0) {
            let places: Vec<Value> = block.iter().map(|(_, place)| (*place).into()).collect();
            writer.line(&block[0].0, &places)?;
        }
        writer.finish()?;
        Ok(name)
    }

    /// By value, its column and how many people more have it.
    pub(super) fn values(
        &mut self,
        manifest: &Manifest,
        shifted: &BTreeMap<(usize, Box<str>), f64>,
    ) -> std::io::Result<String> {
        let mut lines: Vec<(String, [Value; 2])> = (shifted.iter())
            .filter(|(_, people)| **people != 0.0)
            .map(|((column, value), people)| {
                let name = manifest.counts.get(*column).map_or("", |(name, _)| name);
                (of_value(name, value), [(*column).into(), (*people).into()])
            })
            .collect();
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        lines.dedup_by(|later, first| later.0 == first.0);
        let (name, path) = self.name("values");
        let mut writer = Writer::create(&path)?;
        for (key, rest) in &lines {
            writer.line(key, rest)?;
        }
        writer.finish()?;
        Ok(name)
    }

    /// One file of several. `see` is told each value's column and people.
    pub(super) fn merged(
        &mut self,
        files: &[String],
        what: &str,
        see: &mut dyn FnMut(u64, f64),
    ) -> Result<String> {
        let (name, path) = self.name(what);
        let failed = || format!("cannot write {}", path.display());
        let from: Vec<PathBuf> = files.iter().map(|file| self.folder.join(file)).collect();
        let is_values = what == "values";
        let join = |parts: Vec<Vec<Value>>| {
            if !is_values {
                return parts.concat();
            }
            let of = |part: &Vec<Value>| part.get(1).and_then(Value::as_f64).unwrap_or(0.0);
            let people: f64 = parts.iter().map(of).sum();
            let column = parts.first().and_then(|part| part.first()).cloned();
            let column = column.unwrap_or_default();
            see(column.as_u64().unwrap_or(u64::MAX), people);
            vec![column, people.into()]
        };
        merged::merge(&from, &path, join).with_context(failed)?;
        for file in from {
            // Before the manifest is replaced nobody reads what this run made.
            if file.file_name().is_some_and(|name| self.is_own(name)) {
                let _ = std::fs::remove_file(file);
            }
        }
        Ok(name)
    }

    fn is_own(&self, name: &std::ffi::OsStr) -> bool {
        name.to_string_lossy()
            .contains(&format!("-{:06}-", self.run))
    }

    /// Joins the last files while the one before is not much longer, so that there are few and none is written often.
    pub(super) fn compact(&mut self, files: &mut Vec<String>, what: &str) -> Result<()> {
        let length = |name: &String| {
            let path = self.folder.join(name);
            std::fs::metadata(path).map_or(0, |about| about.len())
        };
        let mut from = files.len().saturating_sub(1);
        let mut all = files.last().map_or(0, length);
        while from > 0 && length(&files[from - 1]) < GROWTH * all {
            from -= 1;
            all += length(&files[from]);
        }
        if files.len() - from > 1 {
            let joined = self.merged(&files[from..], what, &mut |_, _| ())?;
            files.truncate(from);
            files.push(joined);
        }
        Ok(())
    }
}
