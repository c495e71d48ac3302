using System.Text.Json;
using Troupe.Tests;

namespace Troupe.Server.Tests;

/// <summary>One server-sent event. A heartbeat, which is a comment, has the name <c>:</c>.</summary>
internal sealed record ServerEvent(string Name, string? Id, JsonElement Data);

/// <summary>Reads server-sent events one by one, and can leave at any moment.</summary>
internal sealed class EventReader : IDisposable
{
    public const string Heartbeat = ":";

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private EventReader(HttpResponseMessage response, StreamReader lines)
    {
        _response = response;
        _lines = lines;
    }

    public static async Task<EventReader> OpenAsync(HttpClient client, HttpMethod method, string path, object? body = null, string? key = null, string? lastEventId = null)
    {
        var response = await client.SendAsync(method, path, body is null ? null : JsonSerializer.Serialize(body), key, "text/event-stream", lastEventId);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(Limits.Token)));
    }

    /// <summary>The next event; null at the end.</summary>
    public async Task<ServerEvent?> NextAsync()
    {
        string? name = null;
        string? id = null;
        string? data = null;
        var beat = false;
        while (await _lines.ReadLineAsync(Limits.Token) is { } line)
        {
            if (line.Length == 0)
            {
                return beat ? new ServerEvent(Heartbeat, null, default) : new ServerEvent(name!, id, JsonElement.Parse(data!));
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].TrimStart();
            switch (line[..colon])
            {
                case "":
                    beat = true;
                    break;
                case "event":
                    name = value;
                    break;
                case "id":
                    id = value;
                    break;
                case "data":
                    data = value;
                    break;
                default:
                    Assert.Fail($"No such field: {line}");
                    break;
            }
        }

        return null;
    }

    /// <summary>Leaves: the connection is closed, whatever is still to come.</summary>
    public void Dispose()
    {
        _lines.Dispose();
        _response.Dispose();
    }
}
