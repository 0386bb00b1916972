// The layers of TensorFlow.js as they come (tf.layers, model.fit), for comparison: node layers.mjs '{"backend":"wasm"}'
//
// What differs from this project's engine: a GRU resets before the recurrent product, the only kind there is; and the penalties of
// recurrent cells are asked for, but tf.layers leaves them out of the loss. Both make its work less, if anything.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import util from 'node:util';
import { answer, epochClock, timeCalls } from './answering.mjs';

const require = createRequire(import.meta.url);
const { backend } = JSON.parse(process.argv[2]);
let tf;
// tf.layers warns of each orthogonal start of a larger matrix.
console.warn = () => {};

let layers;

answer({
  async describe() {
    if (backend === 'node') {
      // tfjs-node 4.22 still calls a function that Node 23 removed.
      util.isNullOrUndefined ??= (value) => value === null || value === undefined;
      process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
      require('@tensorflow/tfjs-node');
    }
    tf = require('@tensorflow/tfjs-core');
    if (backend === 'wasm') {
      const wasm = require('@tensorflow/tfjs-backend-wasm');
      wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
      await tf.setBackend('wasm');
    }
    await tf.ready();
    addTensorMethods();
    layers = require('@tensorflow/tfjs-layers');
    return { description: `tf.layers ${layers.version_layers} on back end ${tf.getBackend()}` };
  },

  async train({ network, samples, training, limit }) {
    const model = build(network, training);
    const x = windows(network, samples);
    const y = tf.tensor2d(samples.targets, [samples.ends.length, network.outputs]);
    const clock = epochClock(limit);
    const onEpochEnd = () => {
      if (clock.end()) model.stopTraining = true;
    };
    const { history } = await model.fit(x, y, {
      epochs: training.epochs,
      batchSize: training.batchSize,
      shuffle: true,
      verbose: 0,
      callbacks: { onEpochEnd },
    });
    for (const one of [model, model.optimizer, x, y]) one.dispose();
    return { seconds: clock.seconds, losses: history.loss };
  },

  async forecast({ network, samples, calls, limit }) {
    const model = build(network, { loss: { kind: 'mse' }, optimiser: { learningRate: 1e-3 } });
    const all = windows(network, samples);
    const size = network.lookback * network.inputs;
    const values = all.dataSync();
    let k = 0;
    const one = () => {
      const at = k++ % samples.ends.length;
      const window = values.subarray(at * size, (at + 1) * size);
      tf.tidy(() => model.predict(tf.tensor3d(window, [1, network.lookback, network.inputs])).dataSync());
    };
    const milliseconds = timeCalls(one, calls, limit);
    for (const tensors of [model, model.optimizer, all]) tensors.dispose();
    return { milliseconds };
  },
});

/** tf.layers calls operations as methods of tensors, which the core alone does not have. */
function addTensorMethods() {
  const { prototype } = tf.Tensor;
  for (const [name, operation] of Object.entries(tf)) {
    if (typeof operation === 'function')
      prototype[name] ??= function (...rest) {
        return operation(this, ...rest);
      };
  }
  prototype.flatten ??= function () {
    return tf.reshape(this, [this.size]);
  };
  prototype.asType ??= function (type) {
    return tf.cast(this, type);
  };
  prototype.toFloat ??= function () {
    return tf.cast(this, 'float32');
  };
}

function windows({ lookback, inputs }, { rows, ends }) {
  const values = new Float32Array(ends.length * lookback * inputs);
  ends.forEach((end, k) => {
    values.set(rows.subarray((end - lookback + 1) * inputs, (end + 1) * inputs), k * lookback * inputs);
  });
  return tf.tensor3d(values, [ends.length, lookback, inputs]);
}

function build({ lookback, inputs, layers: stack }, { loss, optimiser }) {
  const model = layers.sequential();
  stack.forEach((layer, k) => {
    model.add(layerOf(layer, k === 0 ? { inputShape: [lookback, inputs] } : {}));
  });
  const { learningRate, beta1, beta2, epsilon } = optimiser;
  const losses = { mse: 'meanSquaredError', huber: (truth, said) => tf.losses.huberLoss(truth, said, undefined, loss.delta) };
  model.compile({ optimizer: tf.train.adam(learningRate, beta1, beta2, epsilon), loss: losses[loss.kind] });
  return model;
}

function layerOf(layer, shape) {
  const l2 = layer.kernelL2 > 0 ? { kernelRegularizer: layers.regularizers.l2({ l2: layer.kernelL2 }) } : {};
  const recurrent = { units: layer.units, returnSequences: layer.sequences, recurrentActivation: 'sigmoid', ...l2, ...shape };
  switch (layer.kind) {
    case 'lstm':
      return layers.layers.lstm(recurrent);
    case 'gru':
      return layers.layers.gru({ ...recurrent, resetAfter: false });
    case 'dropout':
      return layers.layers.dropout({ rate: layer.rate });
    case 'batchNorm':
      return layers.layers.batchNormalization({ momentum: layer.momentum, epsilon: layer.epsilon });
    case 'dense':
      return layers.layers.dense({ units: layer.units, activation: layer.activation, ...l2 });
    default:
      throw new Error(`Expected a layer that the benchmark knows, received ${layer.kind}`);
  }
}
