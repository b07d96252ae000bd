//! The acoustic net: ids of phonemes and a speed in, a [`Plan`] out.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use rten::{Model, NodeId, RunOptions, Value};
use rten_tensor::NdTensor;

use super::{BINS, Plan};
use crate::{LoadError, SpeakError};

/// The most phonemes at once: what the voice was trained with, and a bound for the memory of a sentence.
const MOST_PHONEMES: usize = 500;

/// The net, loaded. Shared by all who speak.
pub(crate) struct Net {
    model: Model,
    ids: NodeId,
    speed: NodeId,
    outputs: [NodeId; 6],
    alphabet: HashMap<char, i32>,
}

impl Net {
    pub(crate) fn load(net: &Path, alphabet: &Path) -> Result<Self, LoadError> {
        let file = File::open(alphabet).map_err(LoadError::file(alphabet))?;
        let alphabet = serde_json::from_reader(BufReader::new(file))
            .map_err(|source| LoadError::Json { path: alphabet.to_owned(), source })?;
        let model = Model::load_file(net).map_err(|error| LoadError::net(net, &error))?;
        let node = |name: &str| model.node_id(name).map_err(|error| LoadError::net(net, &error));
        let (ids, speed) = (node("ids")?, node("speed")?);
        let outputs: [NodeId; 6] = model.output_ids().try_into().map_err(|_| LoadError::Net {
            path: net.to_owned(),
            reason: "it has not six outputs".to_owned(),
        })?;
        Ok(Self { model, ids, speed, outputs, alphabet })
    }

    /// Which of these phonemes the voice knows.
    fn numbers(&self, phonemes: &str) -> Vec<i32> {
        let known = phonemes.chars().filter_map(|phoneme| self.alphabet.get(&phoneme).copied());
        std::iter::once(0).chain(known.take(MOST_PHONEMES)).chain(std::iter::once(0)).collect()
    }

    /// Plans a sentence. `speed` is 1 at the voice's own pace.
    pub(crate) fn plan(&self, phonemes: &str, speed: f32, options: &RunOptions) -> Result<Plan, SpeakError> {
        let ids = self.numbers(phonemes);
        if ids.len() < 3 {
            return Ok(Plan::default());
        }
        let ids = NdTensor::from_data([1, ids.len()], ids);
        let speed = NdTensor::from_data([1], vec![speed]);
        let inputs = vec![(self.ids, ids.into()), (self.speed, speed.into())];
        let outputs = self
            .model
            .run_n(inputs, self.outputs, Some(options.clone()))
            .map_err(|error| SpeakError::Net(error.to_string()))?;
        let [voice, turn, noise, rest, phase, pitch] = outputs.map(flat);
        let pitch = pitch?;
        let steps = pitch.len();
        let plan =
            Plan { steps, voice: voice?, turn: turn?, noise: noise?, rest: rest?, phase: phase?, pitch };
        let all = [&plan.voice, &plan.turn, &plan.noise, &plan.rest, &plan.phase];
        if all.iter().any(|spectra| spectra.len() != steps * BINS) {
            return Err(SpeakError::Net("its outputs have unexpected shapes".to_owned()));
        }
        Ok(plan)
    }
}

/// A tensor's numbers in order, whatever its shape.
fn flat(value: Value) -> Result<Vec<f32>, SpeakError> {
    let tensor: rten_tensor::Tensor<f32> =
        value.try_into().map_err(|_| SpeakError::Net("an output is not of floats".to_owned()))?;
    Ok(tensor.into_data())
}
