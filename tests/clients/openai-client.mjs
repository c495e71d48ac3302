// Drives the official client against a server, unchanged, and writes what it saw as one JSON object.
import OpenAI from 'openai';

const [baseURL, apiKey, session] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const ask = { model: 'scripted', messages: [{ role: 'user', content: 'Hello' }] };
const weather = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather.', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

async function failure(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return {
      kind: error.constructor.name, status: error.status ?? null, code: error.code ?? null, type: error.type ?? null, param: error.param,
      hasParam: error.param !== undefined, message: error.message,
    };
  }
}

const seen = {};

seen.models = (await client.models.list()).data.map((m) => m.id);
seen.model = (await client.models.retrieve('vendor/model')).id;

const whole = await client.chat.completions.create(ask);
seen.whole = { text: whole.choices[0].message.content, finish: whole.choices[0].finish_reason, usage: whole.usage, object: whole.object };

const stream = await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
seen.stream = { text: '', finish: null, usage: null };
for await (const chunk of stream) {
  seen.stream.text += chunk.choices[0]?.delta.content ?? '';
  seen.stream.finish ??= chunk.choices[0]?.finish_reason ?? null;
  seen.stream.usage ??= chunk.usage ?? null;
}

const messages = [{ role: 'user', content: 'weather' }];
const first = await client.chat.completions.create({ model: 'scripted', messages, tools: [weather] });
const [call] = first.choices[0].message.tool_calls;
seen.call = { id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments), finish: first.choices[0].finish_reason };
messages.push(first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'rain' });
seen.afterCall = (await client.chat.completions.create({ model: 'scripted', messages, tools: [weather] })).choices[0].message.content;

const helper = client.chat.completions.stream({ model: 'scripted', messages: [{ role: 'user', content: 'weather' }], tools: [weather] });
const streamed = (await helper.finalChatCompletion()).choices[0];
seen.streamedCall = { id: streamed.message.tool_calls[0].id, arguments: JSON.parse(streamed.message.tool_calls[0].function.arguments), finish: streamed.finish_reason };

seen.errors = {
  model: await failure(() => client.chat.completions.create({ ...ask, model: 'nobody' })),
  retrieve: await failure(() => client.models.retrieve('nobody')),
  key: await failure(() => new OpenAI({ baseURL, apiKey: 'wrong', maxRetries: 0 }).chat.completions.create(ask)),
  range: await failure(() => client.chat.completions.create({ ...ask, temperature: 3 })),
  session: await failure(() => client.chat.completions.create({ ...ask, model: 'guide', metadata: { session_id: 'no-such-session' } })),
  provider: await failure(() => client.chat.completions.create({ ...ask, messages: [{ role: 'user', content: 'fail' }] })),
  stream: await failure(async () => {
    for await (const chunk of await client.chat.completions.create({ ...ask, messages: [{ role: 'user', content: 'fail later' }], stream: true })) {
      seen.beforeFailure = (seen.beforeFailure ?? '') + (chunk.choices[0]?.delta.content ?? '');
    }
  }),
};

const turn = { model: 'guide', messages: [{ role: 'user', content: 'Remember me' }], metadata: { session_id: session } };
const key = { headers: { 'Idempotency-Key': 'once' } };
const told = await client.chat.completions.create(turn, key);
const again = await client.chat.completions.create(turn, key);
seen.turn = { text: told.choices[0].message.content, again: again.choices[0].message.content, sameTurn: told.id === again.id, metadata: told.metadata };
seen.replay = '';
for await (const chunk of await client.chat.completions.create({ ...turn, stream: true }, key)) {
  seen.replay += chunk.choices[0]?.delta.content ?? '';
}

seen.reused = await failure(() => client.chat.completions.create({ ...turn, messages: [{ role: 'user', content: 'Something else' }] }, key));

console.log(JSON.stringify(seen));
