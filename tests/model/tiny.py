"""Writes a language model of a megabyte that says what it is told to: each token is followed by one other.

A transformer whose attention and feed-forward layers add nothing leaves a token's embedding as it is. With one dimension for
each token, the output matrix is then a table of what follows what. So a real server runs it, tokenizes, fills in its chat
template and streams, and what it says is known.
"""

import sys

import gguf
import numpy as np

# What follows the last word of the prompt, which the chat template chooses; each list of tokens ends the answer.
CALL = ["<|call|>", "<think>", "\n", "They ask for the time. ", "\n</think>\n\n", "<tool_call>", '\n{"name": ', '"get_current_time"',
        ', "arguments": ', '{"timezone": ', '"Asia/Tokyo"}}', "\n</tool_call>", "<|im_end|>"]
RESULT = ["<|result|>", "It is **late** ", "in Tokyo 🌙.", " See ", "[the clock]", "(https://clock.example/tokyo). ", "Sleep well!", "<|im_end|>"]
ANSWER = ["<|answer|>", "Good ", "morning! ", "I run ", "on this ", "computer.", "<|im_end|>"]
# This one never ends.
ENDLESS = ["<|endless|>", "This is the first sentence. ", "And it goes ", "on, ", "and ", "further, "]

# As the templates of Qwen write tools, calls and results, so that servers recognise it. Its last token chooses the answer.
TEMPLATE = """\
{%- if tools %}<|im_start|>system
{{ messages[0].content if messages[0].role == 'system' else '' }}

# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call><|im_end|>
{% elif messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content }}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'user' or (message.role == 'assistant' and not message.tool_calls) %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% elif message.role == 'assistant' %}<|im_start|>assistant{% if message.content %}
{{ message.content }}{% endif %}{% for call in message.tool_calls %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% elif message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% if messages[-1].role == 'tool' %}<|result|>{% elif 'everything' in messages[-1].content %}<|endless|>
{%- elif 'time' in messages[-1].content %}<|call|>{% else %}<|answer|>{% endif %}{% endif %}"""


def byte_letters():
    """The letters in which byte-level tokens are written, as GPT-2 has them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters.update({byte: chr(256 + n) for n, byte in enumerate(others)})
    return [letters[byte] for byte in range(256)]


def main(path):
    """Writes the model."""
    tokens = byte_letters()
    types = [gguf.TokenType.NORMAL] * len(tokens)
    for word in ["<|im_start|>", *CALL, *RESULT, *ANSWER, *ENDLESS]:
        if word not in tokens:
            tokens.append(word)
            types.append(gguf.TokenType.CONTROL if word.startswith("<|") else gguf.TokenType.USER_DEFINED)
    follows = {}
    for chain in (CALL, RESULT, ANSWER, [*ENDLESS, "on, "]):
        for one, other in zip(chain, chain[1:]):
            follows[tokens.index(one)] = tokens.index(other)
    end = tokens.index("<|im_end|>")
    # One dimension for each token, and heads of 64.
    size = -(-len(tokens) // 64) * 64
    embedding = np.eye(len(tokens), size, dtype=np.float32)
    output = np.zeros((len(tokens), size), dtype=np.float32)
    for token in range(len(tokens)):
        output[follows.get(token, end), token] = 4.0
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(32768)
    writer.add_embedding_length(size)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(size // 64)
    writer.add_head_count_kv(size // 64)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(64)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["! !"])
    writer.add_bos_token_id(tokens.index("<|im_start|>"))
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    nothing = np.zeros((size, size), dtype=np.float32)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", np.ones(size, dtype=np.float32))
    writer.add_tensor("output.weight", output)
    writer.add_tensor("blk.0.attn_norm.weight", np.ones(size, dtype=np.float32))
    writer.add_tensor("blk.0.ffn_norm.weight", np.ones(size, dtype=np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", nothing)
    writer.add_tensor("blk.0.ffn_gate.weight", np.zeros((64, size), dtype=np.float32))
    writer.add_tensor("blk.0.ffn_up.weight", np.zeros((64, size), dtype=np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((size, 64), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1])
