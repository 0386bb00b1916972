"""Keras on TensorFlow on the CPU: the networks of bench/workloads.ts, trained by model.fit. usage: keras_epoch.py --threads N, then see turns.py

Layers, initial weights, penalties and moving statistics are the ones that this project follows. Nothing is set that model.fit does not
set by itself; data are arrays.
"""

import os

from turns import answer, threads

count = threads()
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(count)
tf.config.threading.set_inter_op_parallelism_threads(1)

import keras  # noqa: E402


def layer_of(layer):
    l2 = keras.regularizers.L2(layer["kernelL2"]) if layer.get("kernelL2", 0) > 0 else None
    kind = layer["kind"]
    if kind == "lstm":
        return keras.layers.LSTM(layer["units"], return_sequences=layer["sequences"], kernel_regularizer=l2)
    if kind == "gru":
        return keras.layers.GRU(layer["units"], return_sequences=layer["sequences"], reset_after=layer["resetAfter"], kernel_regularizer=l2)
    if kind == "dense":
        return keras.layers.Dense(layer["units"], activation=layer["activation"], kernel_regularizer=l2)
    if kind == "dropout":
        return keras.layers.Dropout(layer["rate"])
    if kind == "batchNorm":
        return keras.layers.BatchNormalization(momentum=layer["momentum"], epsilon=layer["epsilon"])
    raise ValueError(f"no layer {kind} here")


def train(network, x, y, training, clock):
    keras.backend.clear_session()
    keras.utils.set_random_seed(training["seed"])
    model = keras.Sequential([keras.Input((network["lookback"], network["inputs"]))] + [layer_of(layer) for layer in network["layers"]])
    adam = training["optimiser"]
    loss = training["loss"]
    model.compile(
        optimizer=keras.optimizers.Adam(adam["learningRate"], beta_1=adam["beta1"], beta_2=adam["beta2"], epsilon=adam["epsilon"]),
        loss=keras.losses.Huber(delta=loss["delta"]) if loss["kind"] == "huber" else "mse",
    )

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if clock.end():
                self.model.stop_training = True

    history = model.fit(x, y, batch_size=training["batchSize"], epochs=training["epochs"], verbose=0, callbacks=[Clock()])
    return history.history["loss"]


answer(f"Keras {keras.__version__} on TensorFlow {tf.__version__}, {count} thread{'s' if count > 1 else ''}", train)
