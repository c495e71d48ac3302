using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.AI;
using Troupe.Chat;
using static Troupe.Tests.Models.FakeProvider;

namespace Troupe.Tests.Models;

/// <summary>A stream that is wrong must never look right; one that is only unusual must be read.</summary>
public sealed class OpenAIStreamTests : ProviderTests
{
    [Theory]
    [InlineData("""{"error":{"message":"overloaded","type":"server_error"}}""", ModelErrorCodes.Unavailable)]
    [InlineData("""{"error":"overloaded"}""", ModelErrorCodes.Unavailable)]
    [InlineData("""{"error":{"code":"rate_limit_exceeded"}}""", ModelErrorCodes.RateLimited)]
    [InlineData("""{"error":{"code":"context_length_exceeded"}}""", ModelErrorCodes.TooLong)]
    [InlineData("""{"error":{"code":"\ud83d"}}""", ModelErrorCodes.BrokenAnswer)]
    public async Task An_error_in_the_middle_is_an_error(string error, string code)
    {
        await using var provider = await StartAsync(Events(Text("Well"), error, Finish(), "[DONE]"));
        using var client = Client(provider, o => o with { MaxRetries = 3, RetryDelay = TimeSpan.Zero });

        var (text, failure) = await ReadAsync(client);

        Assert.Equal("Well", text);
        Assert.Equal(code, Assert.IsType<ModelException>(failure).Code);
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task An_error_as_the_first_event_is_tried_again()
    {
        await using var provider = await StartAsync(Events("""{"error":{"message":"overloaded"}}""", "[DONE]"), Says("Hi"));
        using var client = Client(provider, o => o with { MaxRetries = 1, RetryDelay = TimeSpan.Zero });

        Assert.Equal("Hi", (await AskAsync(client)).Text);
        Assert.Equal(2, provider.Count);
    }

    [Theory]
    [InlineData("[DONE]")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":null}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":""}]}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""")]
    public async Task An_end_without_a_finish_reason_is_an_error(string last)
    {
        await using var provider = await StartAsync(Events(Text("Half of what I wanted to"), last));
        using var client = Client(provider);

        var (text, failure) = await ReadAsync(client);

        Assert.Equal("Half of what I wanted to", text);
        Assert.Equal(ModelErrorCodes.BrokenAnswer, Assert.IsType<ModelException>(failure).Code);
    }

    [Fact]
    public async Task An_end_without_done_is_an_end()
    {
        await using var provider = await StartAsync(Events(Text("Hi"), Finish()));
        using var client = Client(provider);

        var answer = await AskAsync(client);

        Assert.Equal("Hi", answer.Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
    }

    [Fact]
    public async Task An_unknown_finish_reason_keeps_the_text()
    {
        await using var provider = await StartAsync(Events(Text("Hi"), Finish("eos_token"), "[DONE]"));
        using var client = Client(provider);

        var answer = await AskAsync(client);

        Assert.Equal("Hi", answer.Text);
        Assert.Equal(new ChatFinishReason("eos_token"), answer.FinishReason);
    }

    [Theory]
    [InlineData("{\"choices\":[{\"delta\":{\"content\":\"cut")]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("""{"choices":[null]}""")]
    [InlineData("""{"choices":["text"]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":["text"]}}]}""")]
    [InlineData("""{"\ud83d":1,"choices":[]}""")]
    public async Task A_piece_that_is_out_of_the_protocol_is_an_error(string piece)
    {
        await using var provider = await StartAsync(Events(Text("Well"), piece, Finish(), "[DONE]"));
        using var client = Client(provider);

        var (text, failure) = await ReadAsync(client);

        Assert.Equal("Well", text);
        Assert.Equal(ModelErrorCodes.BrokenAnswer, Assert.IsType<ModelException>(failure).Code);
    }

    [Theory]
    [InlineData("""{"choices":null}""")]
    [InlineData("""{"choices":{}}""")]
    [InlineData("""{"choices":[{}]}""")]
    [InlineData("""{"choices":[{"delta":null,"finish_reason":null,"logprobs":null}],"usage":null,"error":null}""")]
    [InlineData("""{"choices":[{"delta":{"role":null,"content":null,"tool_calls":null,"refusal":null,"reasoning_content":null}}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":5}}]}""")]
    [InlineData("""{"id":5,"model":null,"choices":[]}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":null,"completion_tokens":"7","total_tokens":1.5,"prompt_tokens_details":null}}""")]
    [InlineData("")]
    public async Task A_piece_that_says_nothing_is_passed_over(string piece)
    {
        await using var provider = await StartAsync(Events(Text("He"), piece, Text("llo"), Finish(), piece, "[DONE]"));
        using var client = Client(provider);

        var (text, failure) = await ReadAsync(client);

        Assert.Null(failure);
        Assert.Equal("Hello", text);
    }

    [Fact]
    public async Task Other_line_ends_comments_and_fields_are_read()
    {
        await using var provider = await StartAsync(e => e.SendRawAsync(
            $": hello\r\n\r\nevent: message\r\nid: 7\r\nretry: 5\r\ndata:{Text("Hi")}\r\n\r\ndata: {Finish()}\r\r\ndata: [DONE]\n\n"));
        using var client = Client(provider);

        Assert.Equal("Hi", (await AskAsync(client)).Text);
    }

    [Fact]
    public async Task A_character_cut_by_the_network_is_whole()
    {
        var bytes = Encoding.UTF8.GetBytes("data: {\"choices\":[{\"delta\":{\"content\":\"é😀\"},\"finish_reason\":\"stop\"}]}\n\n");
        await using var provider = await StartAsync(async e =>
        {
            // Byte by byte: every place where a packet may end.
            foreach (var one in bytes)
            {
                await e.SendBytesAsync([one]);
            }
        });
        using var client = Client(provider);

        Assert.Equal("é😀", (await AskAsync(client)).Text);
    }

    [Fact]
    public async Task A_pair_split_over_two_pieces_is_one_character()
    {
        await using var provider = await StartAsync(Events(
            """{"choices":[{"delta":{"content":"\"a\\\n\ud83d"}}]}""",
            """{"choices":[{"delta":{"content":"\ude00\/b\t\u00e9"}}]}""", Finish(), "[DONE]"));
        using var client = Client(provider);

        Assert.Equal("\"a\\\n😀/b\té", (await AskAsync(client)).Text);
    }

    [Fact]
    public async Task Reasoning_and_usage_are_told_apart_from_the_text()
    {
        await using var provider = await StartAsync(Events(
            """{"id":"c7","model":"m-1","choices":[{"delta":{"role":"assistant","reasoning_content":"Let me think."}}]}""",
            """{"id":"c7","model":"m-1","choices":[{"delta":{"content":"Four."},"finish_reason":"stop"}]}""",
            """{"id":"c7","model":"m-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":4}}}""",
            "[DONE]"));
        using var client = Client(provider);

        var answer = await AskAsync(client);

        Assert.Equal("Four.", answer.Text);
        Assert.Equal("Let me think.", Assert.Single(answer.Messages.SelectMany(m => m.Contents).OfType<TextReasoningContent>()).Text);
        Assert.Equal("c7", answer.ResponseId);
        Assert.Equal("m-1", answer.ModelId);
        Assert.Equal(
            (5, 7, 12, 3, 4),
            (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount, answer.Usage.CachedInputTokenCount, answer.Usage.ReasoningTokenCount));
    }

    [Fact]
    public async Task A_refusal_is_text()
    {
        await using var provider = await StartAsync(Events("""{"choices":[{"delta":{"refusal":"No."},"finish_reason":"stop"}]}"""));
        using var client = Client(provider);

        Assert.Equal("No.", (await AskAsync(client)).Text);
    }

    [Fact]
    public async Task A_server_that_does_not_stream_is_read()
    {
        await using var provider = await StartAsync(Status(200, """{"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"""));
        using var client = Client(provider);

        var answer = await AskAsync(client);

        Assert.Equal("Hi", answer.Text);
        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal(2, answer.Usage!.OutputTokenCount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("<html>Sign in to the hotel's network</html>")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"message":{"content":"Hi"}}]}""")]
    public async Task A_whole_answer_that_is_none_is_an_error(string body)
    {
        await using var provider = await StartAsync(Status(200, body));
        using var client = Client(provider);

        Assert.Equal(ModelErrorCodes.BrokenAnswer, (await FailAsync(client)).Code);
    }

    [Fact]
    public async Task A_whole_answer_with_an_error_in_it_is_an_error()
    {
        await using var provider = await StartAsync(Status(200, """{"error":{"message":"x","code":"rate_limit_exceeded"}}"""));
        using var client = Client(provider);

        Assert.Equal(ModelErrorCodes.RateLimited, (await FailAsync(client)).Code);
    }

    [Fact]
    public async Task An_empty_stream_is_an_error()
    {
        await using var provider = await StartAsync(e => e.SendRawAsync(": nothing to say\n\n"));
        using var client = Client(provider);

        Assert.Equal(ModelErrorCodes.BrokenAnswer, (await FailAsync(client)).Code);
    }

    [Theory]
    [InlineData("data: ")]
    [InlineData(": ")]
    public async Task A_line_without_an_end_is_cut_off(string start)
    {
        await using var provider = await StartAsync(async e =>
        {
            await e.SendRawAsync(start);
            while (true)
            {
                await e.SendRawAsync(new string('x', 4096));
            }
        });
        using var client = Client(provider, o => o with { MaxAnswerBytes = 100_000 });

        var failure = await FailAsync(client);

        Assert.Equal(ModelErrorCodes.BrokenAnswer, failure.Code);
        Assert.Contains("100000 bytes", failure.Message, StringComparison.Ordinal);
        await (await provider.NextAsync()).Gone.Soon();
    }

    [Fact]
    public async Task An_answer_without_an_end_is_cut_off()
    {
        await using var provider = await StartAsync(async e =>
        {
            while (true)
            {
                await e.SendAsync(Text(new string('x', 4096)));
            }
        });
        using var client = Client(provider, o => o with { MaxAnswerBytes = 100_000 });

        var (text, failure) = await ReadAsync(client);

        Assert.InRange(text.Length, 1, 100_000);
        Assert.Equal(ModelErrorCodes.BrokenAnswer, Assert.IsType<ModelException>(failure).Code);
        await (await provider.NextAsync()).Gone.Soon();
    }

    [Fact]
    public async Task The_bound_holds_for_what_comes_compressed_and_whole()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($$$"""{"choices":[{"message":{"content":"{{{new string('x', 1_000_000)}}}"},"finish_reason":"stop"}]}"""), Limits.Token);
        }

        await using var provider = await StartAsync(e => e.AnswerBytesAsync(200, packed.ToArray(), ("Content-Encoding", "gzip")));
        using var client = Client(provider, o => o with { MaxAnswerBytes = 100_000 });

        Assert.InRange(packed.Length, 1, 50_000);
        Assert.Contains("100000 bytes", (await FailAsync(client)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, ModelErrorCodes.BrokenAnswer)]
    [InlineData(401, ModelErrorCodes.Unauthorized)]
    public async Task An_answer_that_is_packed_badly_is_an_error_of_the_model(int status, string code)
    {
        await using var provider = await StartAsync(e => e.AnswerBytesAsync(status, "this is no gzip"u8.ToArray(), ("Content-Encoding", "gzip")));
        using var client = Client(provider);

        Assert.Equal(code, (await FailAsync(client)).Code);
    }

    [Fact]
    public async Task An_endless_error_body_does_not_hide_the_error()
    {
        await using var provider = await StartAsync(async e =>
        {
            e.Begin(401, "application/json");
            while (true)
            {
                await e.SendRawAsync(new string(' ', 4096));
            }
        });
        using var client = Client(provider);

        Assert.Equal(ModelErrorCodes.Unauthorized, (await FailAsync(client)).Code);
        await (await provider.NextAsync()).Gone.Soon();
    }
}
