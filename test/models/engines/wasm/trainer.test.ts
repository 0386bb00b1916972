import { createWasmTrainer } from '../../../../src/models/engines/wasm/trainer.ts';
import { COMMON_LAYERS } from '../../../contracts/engine.ts';
import { trainerContract } from '../../../contracts/trainer.ts';

trainerContract('our own kernels', () => createWasmTrainer(), { layers: COMMON_LAYERS });
