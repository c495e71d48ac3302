using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Tests;

namespace Troupe.Server.Tests.OpenAI;

/// <summary>/v1 as it is on the wire.</summary>
public sealed class CompletionRouteTests : CompletionTests
{
    [Fact]
    public async Task Without_stream_the_answer_is_one_object()
    {
        using var response = await PostAsync("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var body = await BodyAsync(response);
        Assert.Equal("chat.completion", body.GetProperty("object").GetString());
        Assert.Equal("scripted", body.GetProperty("model").GetString());
        Assert.StartsWith("chatcmpl-", body.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("Good day.", body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_stream_is_chunks_and_done()
    {
        using var response = await PostAsync("""{"model":"scripted","stream":true,"messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var data = await EventsAsync(response);
        Assert.Equal("[DONE]", data[^1]);
        var chunks = data[..^1].Select(d => JsonElement.Parse(d)).ToList();
        Assert.Single(chunks.Select(c => c.GetProperty("id").GetString()).Distinct());
        Assert.All(chunks, c => Assert.False(c.TryGetProperty("usage", out _)));
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal("Good day.", TextOf(data));
        Assert.Equal("stop", chunks[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.All(chunks[..^1], c => Assert.Equal(JsonValueKind.Null, c.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind));
    }

    [Fact]
    public async Task A_piece_is_sent_when_it_is_said()
    {
        var sending = SendAsync("""{"model":"gated","stream":true,"messages":[{"role":"user","content":"Hello"}]}""");
        var call = await Gated.NextAsync();
        call.Say("One");
        using var response = await sending;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Limits.Token));
        while (await reader.ReadLineAsync(Limits.Token) is { } line && !line.Contains("One", StringComparison.Ordinal))
        {
            // The role comes first.
        }

        call.Finish(" two");
        Assert.Contains(" two", await reader.ReadToEndAsync(Limits.Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"unknown\":{\"deep\":[1,2,{\"x\":null}]}")]
    [InlineData("\"stream\":null,\"temperature\":null,\"max_tokens\":null,\"tools\":null,\"metadata\":null,\"stop\":null,\"user\":null,\"response_format\":null")]
    [InlineData("\"stream\":\"yes\"")]
    [InlineData("\"n\":1,\"logprobs\":false,\"logit_bias\":{},\"service_tier\":\"auto\",\"store\":true,\"user\":\"ada\"")]
    [InlineData("\"stream_options\":{\"include_usage\":true}")]
    [InlineData("\"metadata\":{\"session_id\":5}")]
    [InlineData("\"temperature\":1e-400")]
    public async Task What_is_unknown_is_passed_over(string member)
    {
        using var response = await PostAsync($$"""{{{member}},"model":"scripted","messages":[{"role":"user","content":"Hello","name":"ada","odd":1}]}""");

        Assert.Equal("Good day.", (await BodyAsync(response)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{}")]
    [InlineData("""{"model":5,"messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":"scripted"}""")]
    [InlineData("""{"model":"scripted","messages":[]}""")]
    [InlineData("""{"model":"scripted","messages":{}}""")]
    [InlineData("""{"model":"scripted","messages":["Hello"]}""")]
    [InlineData("""{"model":"scripted","messages":[{"content":"Hello"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"king","content":"Hello"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":5}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[5]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[{"type":"video"}]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"no address"}}]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[{"type":"image_url","image_url":5}]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"tool","content":"rain"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"assistant","tool_calls":[5]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"assistant","tool_calls":[{"function":5}]}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"temperature":2.1}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"temperature":-0.1}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"temperature":1e999}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"top_p":1.1}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"max_tokens":0}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"max_tokens":99999999999999999999}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"max_completion_tokens":1.5}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"tools":[5]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"tools":[{"type":"function"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":5}}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"x":"\ud83d"}}}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"response_format":{"type":"json_schema","json_schema":{"schema":{"\ud83d":1}}}}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"a\u0000b"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"a\ud83db"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[{"type":"text","text":"a\ude00"}]}]}""")]
    [InlineData("""{"model":"\ud83d","messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"stop":"\ud83d"}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"stop":["\ud83d"]}""")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"tool_choice":"\ud83d"}""")]
    [InlineData("""{"\ud83d":1,"model":"scripted","messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":"guide","messages":[{"role":"assistant","content":"Hello"}],"metadata":{"session_id":"$session"}}""")]
    [InlineData("""{"model":"guide","messages":[{"role":"user","content":""}],"metadata":{"session_id":"$session"}}""")]
    public async Task What_is_wrong_is_refused_in_openai_s_shape(string body)
    {
        using var response = await PostAsync(body.Replace("$session", await NewSessionAsync(), StringComparison.Ordinal));

        await AssertErrorAsync(response, HttpStatusCode.BadRequest, "invalid_request_error");
        Assert.Empty(Model.Calls);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        foreach (var member in (string[])["\"content\":\"?\"", "\"content\":\"x\",\"?\":1", "\"content\":[{\"type\":\"text\",\"text\":\"?\"}]"])
        {
            var body = Encoding.Latin1.GetBytes($$"""{"model":"scripted","messages":[{"role":"user",{{member.Replace('?', '\u00ff')}}}]}""");
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
            using var response = await Server.Admin.PostAsync("/v1/chat/completions", content, Limits.Token);

            Assert.True(response.StatusCode == HttpStatusCode.BadRequest || member.Contains("?\":1", StringComparison.Ordinal), member);
            Assert.True((int)response.StatusCode < 500, member);
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/nothing")]
    public async Task Depth_has_an_end(string path)
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);
        using var content = Json($$"""{"model":"scripted","messages":[{"role":"user","content":"Hello"}],"deep":{{deep}}}""");
        using var response = await Server.Admin.PostAsync(path, content, Limits.Token);

        await AssertErrorAsync(
            response, path.EndsWith("nothing", StringComparison.Ordinal) ? HttpStatusCode.NotFound : HttpStatusCode.BadRequest,
            path.EndsWith("nothing", StringComparison.Ordinal) ? "not_found_error" : "invalid_request_error");
    }

    [Fact]
    public async Task Size_has_an_end()
    {
        // A client that asks before it sends gets its answer; one that does not may find the connection closed while it still writes.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Json(new string(' ', 5 << 20)) };
        request.Headers.ExpectContinue = true;
        using var response = await Server.Admin.SendAsync(request, Limits.Token);

        await AssertErrorAsync(response, HttpStatusCode.RequestEntityTooLarge, "invalid_request_error", "body_too_large");
    }

    [Fact]
    public async Task Another_media_type_is_refused()
    {
        using var content = new StringContent("""{"model":"scripted"}""", Encoding.UTF8, "text/plain");
        using var response = await Server.Admin.PostAsync("/v1/chat/completions", content, Limits.Token);

        await AssertErrorAsync(response, HttpStatusCode.UnsupportedMediaType, "invalid_request_error", "media_type_unsupported");
    }

    [Theory]
    [InlineData(null, "invalid_api_key")]
    [InlineData("wrong", "invalid_api_key")]
    public async Task Without_a_key_nobody_gets_in(string? token, string code)
    {
        using var client = Server.ClientFor(token);
        foreach (var (method, path) in (List<(HttpMethod, string)>)[(HttpMethod.Post, "/v1/chat/completions"), (HttpMethod.Get, "/v1/models"), (HttpMethod.Get, "/v1/models/scripted")])
        {
            using var request = new HttpRequestMessage(method, path);
            using var response = await client.SendAsync(request, Limits.Token);

            await AssertErrorAsync(response, HttpStatusCode.Unauthorized, "authentication_error", code);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    [Theory]
    [InlineData("fail", HttpStatusCode.BadGateway, "model_rate_limited", false)]
    [InlineData("fail", HttpStatusCode.BadGateway, "model_rate_limited", true)]
    [InlineData("fail later", HttpStatusCode.BadGateway, "model_answer_broken", false)]
    [InlineData("break", HttpStatusCode.BadGateway, "model_unavailable", false)]
    [InlineData("break", HttpStatusCode.BadGateway, "model_unavailable", true)]
    [InlineData("break later", HttpStatusCode.BadGateway, "model_unavailable", false)]
    public async Task A_provider_that_fails_before_the_answer_is_an_error_answer(string said, HttpStatusCode status, string code, bool stream)
    {
        using var response = await PostAsync(Ask("scripted", said, stream));

        var error = await AssertErrorAsync(response, status, "server_error", code);
        Assert.DoesNotContain(ActedChatClient.ProviderWords, error.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(said == "fail" ? TimeSpan.FromSeconds(7) : null, response.Headers.RetryAfter?.Delta);
    }

    [Theory]
    [InlineData("fail later", "model_answer_broken")]
    [InlineData("break later", "model_unavailable")]
    public async Task A_provider_that_fails_in_the_middle_is_an_error_in_the_stream_and_no_end(string said, string code)
    {
        using var response = await PostAsync(Ask("scripted", said, stream: true));

        var data = await EventsAsync(response);
        Assert.Equal("So far", TextOf(data[..^1]));
        Assert.DoesNotContain("[DONE]", data);
        Assert.Equal(code, JsonElement.Parse(data[^1]).GetProperty("error").GetProperty("code").GetString());
        Assert.DoesNotContain(ActedChatClient.ProviderWords, data[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_leaves_stops_the_model(bool stream)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Limits.Token);
        var sending = SendAsync(Ask("gated", "Hello", stream), leave.Token);
        var call = await Gated.NextAsync();
        var stopped = new TaskCompletionSource();
        await using var registration = call.Cancelled.Register(stopped.SetResult);

        await leave.CancelAsync();

        await stopped.Task.Soon();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_stops_the_model()
    {
        var sending = SendAsync(Ask("gated", "Hello", stream: true));
        var call = await Gated.NextAsync();
        var stopped = new TaskCompletionSource();
        await using var registration = call.Cancelled.Register(stopped.SetResult);
        call.Say("Well");
        var response = await sending;

        response.Dispose();

        await stopped.Task.Soon();
    }

    [Theory]
    [InlineData("cut", "length")]
    [InlineData("odd end", "stop")]
    [InlineData("silence", "stop")]
    [InlineData("weather", "tool_calls")]
    [InlineData("cut call", "length")]
    public async Task The_finish_reason_is_one_that_clients_know(string said, string reason)
    {
        using var whole = await PostAsync(Ask("scripted", said));
        using var streamed = await PostAsync(Ask("scripted", said, stream: true));

        Assert.Equal(reason, (await BodyAsync(whole)).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(reason, JsonElement.Parse((await EventsAsync(streamed))[^2]).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Half_a_character_waits_for_its_other_half()
    {
        using var whole = await PostAsync(Ask("scripted", "half"));
        using var streamed = await PostAsync(Ask("scripted", "half", stream: true));

        const string expected = "smile: 😀, broken: \ufffd!\ufffd";
        Assert.Equal(expected, (await BodyAsync(whole)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(expected, TextOf(await EventsAsync(streamed)));
    }

    [Fact]
    public async Task Client_tools_are_told_to_the_model_and_never_run_here()
    {
        const string tools = """[{"type":"function","function":{"name":"get_weather","description":"The weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}},{"type":"function","function":{"name":"g"}}]""";
        using var response = await PostAsync($$"""{"model":"guide","tools":{{tools}},"tool_choice":"required","parallel_tool_calls":false,"messages":[{"role":"user","content":"two calls"}]}""");

        var choice = (await BodyAsync(response)).GetProperty("choices")[0];
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("message").GetProperty("content").ValueKind);
        Assert.Equal(["call-1", "call-2"], choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray().Select(c => c.GetProperty("id").GetString()));
        var options = Assert.Single(Model.Calls).Options!;
        Assert.Equal(["get_weather", "g"], options.Tools!.Select(t => t.Name));
        Assert.All(options.Tools!, tool => Assert.IsNotType<AIFunction>(tool, exactMatch: false));
        Assert.Equal(ChatToolMode.RequireAny, options.ToolMode);
        Assert.False(options.AllowMultipleToolCalls);
    }

    [Fact]
    public async Task Streamed_tool_calls_are_numbered()
    {
        using var response = await PostAsync(Ask("scripted", "two calls", stream: true));

        var calls = (await EventsAsync(response))[..^1].Select(d => JsonElement.Parse(d).GetProperty("choices")[0].GetProperty("delta"))
            .Where(d => d.TryGetProperty("tool_calls", out _)).Select(d => d.GetProperty("tool_calls")[0]).ToList();
        Assert.Equal([(0, "call-1"), (1, "call-2")], calls.Select(c => (c.GetProperty("index").GetInt32(), c.GetProperty("id").GetString())));
    }

    [Fact]
    public async Task A_conversation_reaches_the_model_as_it_was_sent()
    {
        using var response = await PostAsync(
            """
            {"model":"scripted","seed":7,"stop":"END","temperature":2,"top_p":0,"max_tokens":9,"messages":[
              {"role":"developer","content":"Be brief."},
              {"role":"user","content":[{"type":"text","text":"Look: "},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":"}}]},
              {"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"ra"},{"type":"text","text":"in"}]}]}
            """);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var (messages, options) = Assert.Single(Model.Calls);
        Assert.Equal([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.Tool], messages.Select(m => m.Role));
        Assert.Equal("data:image/png;base64,AAAA", Assert.Single(messages[1].Contents.OfType<DataContent>()).Uri);
        Assert.IsType<FormatException>(Assert.Single(messages[2].Contents.OfType<FunctionCallContent>()).Exception);
        var result = Assert.Single(messages[3].Contents.OfType<FunctionResultContent>());
        Assert.Equal(("a", "rain"), (result.CallId, (string)result.Result!));
        Assert.Equal((7, 2f, 0f, 9), (options!.Seed, options.Temperature, options.TopP, options.MaxOutputTokens));
        Assert.Equal(["END"], options.StopSequences!);
    }

    [Fact]
    public async Task An_agent_brings_its_instructions_and_a_model_does_not()
    {
        using var agent = await PostAsync(Ask("guide", "Hello"));
        using var model = await PostAsync(Ask("scripted", "Hello"));

        Assert.Equal("guide", (await BodyAsync(agent)).GetProperty("model").GetString());
        Assert.Equal(["You are brief.", "Hello"], Model.Calls[0].Messages.Select(m => m.Text));
        Assert.Equal((0.5f, 100, null), (Model.Calls[0].Options!.Temperature, Model.Calls[0].Options!.MaxOutputTokens, Model.Calls[0].Options!.ModelId));
        Assert.Equal(["Hello"], Model.Calls[1].Messages.Select(m => m.Text));
        Assert.Null(Model.Calls[1].Options!.Temperature);
    }

    [Fact]
    public async Task Models_and_agents_are_listed_once()
    {
        var list = (await Server.Admin.GetFromJsonAsync<JsonElement>("/v1/models", Limits.Token)).GetProperty("data").EnumerateArray().ToList();

        var names = list.Select(m => m.GetProperty("id").GetString()!).ToList();
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
        Assert.Contains("guide", names);
        Assert.All(names, name => Assert.Equal(HttpStatusCode.OK, Server.Admin.Send(new HttpRequestMessage(HttpMethod.Get, $"/v1/models/{Uri.EscapeDataString(name)}")).StatusCode));
        Assert.All(names, name => Assert.Equal(HttpStatusCode.OK, Server.Admin.Send(new HttpRequestMessage(HttpMethod.Get, $"/v1/models/{name}")).StatusCode));
        using var missing = await Server.Admin.GetAsync("/v1/models/vendor/nobody", Limits.Token);
        await AssertErrorAsync(missing, HttpStatusCode.NotFound, "not_found_error", "model_not_found");
    }

    [Fact]
    public async Task A_stateless_call_leaves_nothing()
    {
        using var response = await PostAsync(Ask("guide", "Hello"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var sessions = await Server.Admin.GetFromJsonAsync<JsonElement>("/api/v1/sessions", Limits.Token);
        Assert.Equal(0, sessions.GetProperty("sessions").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_owner_s_session_is_not_there(bool stream)
    {
        var session = await NewSessionAsync();
        using var other = await Server.ClientWithKeyAsync(new { owner = "eve", scopes = new[] { "chat" } });
        using var content = Json(Ask("guide", "Hello", stream, session));

        using var foreign = await other.PostAsync("/v1/chat/completions", content, Limits.Token);
        using var missing = await PostAsync(Ask("guide", "Hello", stream, "no-such-session"));

        var told = await AssertErrorAsync(foreign, HttpStatusCode.NotFound, "not_found_error", "session_not_found");
        var expected = await AssertErrorAsync(missing, HttpStatusCode.NotFound, "not_found_error", "session_not_found");
        Assert.Equal(
            expected.GetProperty("message").GetString()!.Replace("no-such-session", session, StringComparison.Ordinal), told.GetProperty("message").GetString());
        Assert.Empty(await EntriesAsync(session));
        Assert.Empty(Model.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_turn_is_stored_and_only_its_last_message_counts(bool stream)
    {
        var session = await NewSessionAsync();

        using var response = await PostAsync(
            $$$"""{"model":"guide","stream":{{{(stream ? "true" : "false")}}},"metadata":{"session_id":"{{{session}}}"},"messages":[{"role":"user","content":"Made up"},{"role":"assistant","content":"Never said"},{"role":"user","content":"Hello"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Good day.", stream ? TextOf(await EventsAsync(response)) : (await BodyAsync(response)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(["user: Hello", "assistant: Good day."], await EntriesAsync(session));
        Assert.Equal(["You are brief.", "Hello"], Assert.Single(Model.Calls).Messages.Select(m => m.Text));
    }

    [Theory]
    [InlineData("fail", "model_rate_limited")]
    [InlineData("break", "model_unavailable")]
    public async Task A_turn_that_fails_is_an_error_and_can_be_tried_again(string said, string code)
    {
        var session = await NewSessionAsync();

        using var whole = await PostAsync(Ask("guide", said, stream: false, session));
        using var streamed = await PostAsync(Ask("guide", said, stream: true, session));

        var error = await AssertErrorAsync(whole, HttpStatusCode.BadGateway, "server_error", code);
        Assert.DoesNotContain(ActedChatClient.ProviderWords, error.GetRawText(), StringComparison.Ordinal);
        var data = await EventsAsync(streamed);
        Assert.DoesNotContain("[DONE]", data);
        Assert.Equal(code, JsonElement.Parse(data[^1]).GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_turn_with_an_unknown_model_is_refused_and_not_stored(bool stream)
    {
        var session = await NewSessionAsync();

        using var response = await PostAsync(Ask("nobody", "Hello", stream, session));

        await AssertErrorAsync(response, HttpStatusCode.NotFound, "not_found_error", "model_not_found");
        Assert.Empty(await EntriesAsync(session));
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static string Ask(string model, string said, bool stream = false, string? session = null) =>
        JsonSerializer.Serialize(new
        {
            model,
            stream,
            messages = new[] { new { role = "user", content = said } },
            metadata = session is null ? null : new { session_id = session },
        });

    private static async Task<JsonElement> BodyAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>(Limits.Token);

    private static async Task<List<string>> EventsAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Limits.Token);
        return [.. text.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l["data: ".Length..])];
    }

    private static string TextOf(IEnumerable<string> data) => string.Concat(data.Where(d => d != "[DONE]").SelectMany(d => JsonElement.Parse(d).GetProperty("choices").EnumerateArray())
        .Select(c => c.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : ""));

    private static async Task<JsonElement> AssertErrorAsync(HttpResponseMessage response, HttpStatusCode status, string type, string? code = null)
    {
        var text = await response.Content.ReadAsStringAsync(Limits.Token);
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var body = JsonElement.Parse(text);
        Assert.Equal(["error"], body.EnumerateObject().Select(p => p.Name));
        var error = body.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(p => p.Name));
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(type, error.GetProperty("type").GetString());
        if (code is not null)
        {
            Assert.Equal(code, error.GetProperty("code").GetString());
        }

        return error;
    }

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using var content = Json(body);
        return await Server.Admin.PostAsync("/v1/chat/completions", content, Limits.Token);
    }

    /// <summary>Gives the answer as soon as it has begun.</summary>
    private Task<HttpResponseMessage> SendAsync(string body, CancellationToken? cancellationToken = null) => Server.Admin.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Json(body) }, HttpCompletionOption.ResponseHeadersRead, cancellationToken ?? Limits.Token);
}
