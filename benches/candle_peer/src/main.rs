//! Embeds a file of pairs with candle: its distinct texts sorted by length, in batches of so many tokens.
//!
//! Prints the seconds for tokenising and running, loading left out. Arguments: folder with config.json, tokenizer.json and
//! model.safetensors; file of pairs; most pairs.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use anyhow::{Context, Result, anyhow};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use tokenizers::{Tokenizer, TruncationParams};

const BATCH_TOKENS: usize = 1_024;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("candle-peer FOLDER PAIRS MOST");
    let (folder, file, most) = (PathBuf::from(next()?), next()?, next()?.parse()?);
    let config: Config = serde_json::from_slice(&fs::read(folder.join("config.json"))?)?;
    let weights = fs::read(folder.join("model.safetensors"))?;
    let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
    let model = BertModel::load(weights, &config)?;
    let mut tokenizer =
        Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|error| anyhow!(error))?;
    let truncation = TruncationParams { max_length: 256, ..TruncationParams::default() };
    tokenizer.with_padding(None).with_truncation(Some(truncation)).map_err(|error| anyhow!(error))?;
    let mut texts = BTreeSet::new();
    for line in fs::read_to_string(file)?.lines().take(most) {
        let row: serde_json::Value = serde_json::from_str(line)?;
        for side in ["a", "b"] {
            texts.insert(row[side].as_str().context("no such field")?.to_owned());
        }
    }
    let texts: Vec<String> = texts.into_iter().collect();
    embed(&model, &tokenizer, &["warm-up".to_owned()])?;
    let started = Instant::now();
    embed(&model, &tokenizer, &texts)?;
    println!("{}", started.elapsed().as_secs_f64());
    Ok(())
}

fn embed(model: &BertModel, tokenizer: &Tokenizer, texts: &[String]) -> Result<usize> {
    let encoded = tokenizer.encode_batch(texts.to_vec(), true).map_err(|error| anyhow!(error))?;
    let mut ids: Vec<&[u32]> = encoded.iter().map(|one| one.get_ids()).collect();
    ids.sort_by_key(|ids| ids.len());
    let (mut begin, mut done) = (0, 0);
    for end in 1..=ids.len() {
        let full = ids.get(end).is_none_or(|next| (end + 1 - begin) * next.len() > BATCH_TOKENS);
        if full {
            done += run(model, &ids[begin..end])?;
            begin = end;
        }
    }
    Ok(done)
}

fn run(model: &BertModel, batch: &[&[u32]]) -> Result<usize> {
    let width = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
    let padded = batch.iter().flat_map(|ids| ids.iter().copied().chain(std::iter::repeat_n(0, width - ids.len())));
    let mask = batch.iter().flat_map(|ids| (0..width).map(|at| u32::from(at < ids.len())));
    let tensor = |values: Vec<u32>| Tensor::from_vec(values, (batch.len(), width), &Device::Cpu);
    let (ids, mask) = (tensor(padded.collect())?, tensor(mask.collect())?);
    let states = model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
    let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
    let mean = states.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)?;
    let unit = mean.broadcast_div(&mean.sqr()?.sum_keepdim(1)?.sqrt()?)?;
    Ok(unit.to_vec2::<f32>()?.len())
}
