using System.Net;
using System.Text;
using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests;

/// <summary>Requests as a client sends them, and their answers as JSON.</summary>
internal static class Requests
{
    extension(HttpClient client)
    {
        /// <summary>Sends JSON as it is written.</summary>
        public async Task<HttpResponseMessage> SendAsync(
            HttpMethod method, string path, string? json = null, string? key = null, string? accept = null, string? lastEventId = null, CancellationToken cancellationToken = default)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
            if (key is not null)
            {
                request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            }

            if (accept is not null)
            {
                request.Headers.Accept.ParseAdd(accept);
            }

            if (lastEventId is not null)
            {
                request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
            }

            return await client.SendAsync(
                request,
                accept == "text/event-stream" ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead,
                cancellationToken == default ? Limits.Token : cancellationToken);
        }

        /// <summary>Posts a value and expects success.</summary>
        public async Task<JsonElement> PostJsonAsync(string path, object? body, string? key = null)
        {
            using var response = await client.SendAsync(HttpMethod.Post, path, body is null ? null : JsonSerializer.Serialize(body), key);
            return await response.JsonAsync();
        }

        /// <summary>Gets and expects success.</summary>
        public async Task<JsonElement> GetJsonAsync(string path)
        {
            using var response = await client.GetAsync(path, Limits.Token);
            return await response.JsonAsync();
        }

        /// <summary>A new session of the assistant.</summary>
        public async Task<string> NewSessionAsync() => (await client.PostJsonAsync("/api/v1/sessions", new { })).Text("id");

        /// <summary>The entries of a session, all pages of them.</summary>
        public async Task<List<JsonElement>> EntriesAsync(string session)
        {
            var entries = new List<JsonElement>();
            for (int? after = 0; after is not null;)
            {
                var page = await client.GetJsonAsync($"/api/v1/sessions/{session}?limit=1000&after={after}");
                entries.AddRange(page.GetProperty("entries").EnumerateArray());
                after = page.TryGetProperty("next", out var next) ? next.GetInt32() : null;
            }

            return entries;
        }
    }

    extension(HttpResponseMessage response)
    {
        /// <summary>The JSON of a successful answer.</summary>
        public async Task<JsonElement> JsonAsync()
        {
            var text = await response.Content.ReadAsStringAsync(Limits.Token);
            Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.PathAndQuery}: {(int)response.StatusCode} {text}");
            return JsonElement.Parse(text);
        }

        /// <summary>Expects a problem document with a status and a code, and the member at fault where one is given.</summary>
        public async Task<JsonElement> ProblemAsync(HttpStatusCode status, string code, string? member = null)
        {
            var text = await response.Content.ReadAsStringAsync(Limits.Token);
            Assert.True(status == response.StatusCode, $"{(int)status} {code} was expected: {(int)response.StatusCode} {text}");
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            var problem = JsonElement.Parse(text);
            Assert.Equal(code, problem.Text("code"));
            Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
            Assert.NotEmpty(problem.Text("type"));
            Assert.NotEmpty(problem.Text("title"));
            Assert.NotEmpty(problem.Text("detail"));
            if (member is not null)
            {
                Assert.Equal(member, problem.Text("member"));
            }

            return problem;
        }
    }

    extension(JsonElement json)
    {
        /// <summary>A member's text.</summary>
        public string Text(string member) => json.GetProperty(member).GetString()!;

        /// <summary>A member's whole number.</summary>
        public int Number(string member) => json.GetProperty(member).GetInt32();
    }
}
