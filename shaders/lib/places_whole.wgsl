// Numbers of weights that are as large as they should be.
const PLACES0: vec4<f32> = vec4<f32>(1.0);
const PLACES1: vec4<f32> = PLACES0;
