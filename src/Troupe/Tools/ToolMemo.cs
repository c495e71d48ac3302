using System.Runtime.CompilerServices;
using System.Text.Json;
using Troupe.Caching;

namespace Troupe.Tools;

/// <summary>Runs tools without doing anything twice: equal calls of a pure or idempotent tool that are under way at once are one run, and a pure tool's result is given
/// again for as long as the tool says. Thread-safe.</summary>
internal sealed class ToolMemo : IDisposable
{
    private readonly ToolRunner _runner;
    private readonly Cache<UInt128, ToolOutcome> _results;
    private readonly ConditionalWeakTable<object, string> _versions = [];
    private long _lastVersion;

    public ToolMemo(ToolRunner runner, CacheCatalog caches, TimeProvider time)
    {
        _runner = runner;
        _results = new Cache<UInt128, ToolOutcome>(
            new CacheOptions<UInt128, ToolOutcome>
            {
                Name = "tools",
                Weigh = static (_, kept) => 2L * kept.Text.Length,
                Tags = caches.Tags,

                // The tool's own deadline ends it sooner.
                LoadTimeout = TimeSpan.FromDays(1),
            },
            time);
        caches.Add(_results);
    }

    /// <summary>The outcome; only the caller's own cancellation throws.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="owner">Whom it is for.</param>
    /// <param name="session">The session it is for.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="places">How many may run at once; who waits for another's run takes none.</param>
    /// <param name="cancellationToken">The caller has gone; a run that others wait for goes on.</param>
    public async Task<ToolOutcome> RunAsync(
        ToolDefinition tool, string owner, string session, IDictionary<string, object?>? arguments, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        if (tool.Kind == ToolKind.Unsafe)
        {
            return await RunAloneAsync(tool, arguments, places, cancellationToken);
        }

        var key = Hashing.Of(tool.Name, VersionOf(tool.Function), tool.IsSharedByOwners ? null : owner, Canonical(arguments));
        var entry = new CacheEntryOptions { TimeToLive = tool.CacheFor, Tags = [CacheCatalog.TagOfOwner(owner), CacheCatalog.TagOfSession(session), "tool:" + tool.Name] };
        var isOwn = false;
        try
        {
            var getting = _results.GetAsync(
                key,
                async (_, stop) =>
                {
                    isOwn = true;
                    var run = await RunAloneAsync(tool, arguments, places, stop);
                    return tool.CacheFor is not null && run.Status == ToolStatus.Ok ? run : throw new NotKeptException(run);
                },
                entry, cancellationToken);

            // What is known is there at once; what is running is waited for.
            var isKnown = getting.IsCompletedSuccessfully;
            var outcome = await getting;
            return isOwn ? outcome : isKnown ? outcome with { Source = ToolSource.Cached, Duration = TimeSpan.Zero } : outcome with { Source = ToolSource.Merged };
        }
        catch (NotKeptException passing)
        {
            return isOwn ? passing.Outcome : passing.Outcome with { Source = ToolSource.Merged };
        }
    }

    /// <summary>Runs a tool for one call alone.</summary>
    public async Task<ToolOutcome> RunAloneAsync(ToolDefinition tool, IDictionary<string, object?>? arguments, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        try
        {
            return await _runner.RunAsync(tool, arguments, cancellationToken);
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose() => _results.Dispose();

    /// <summary>The arguments with their members in order: the same in whatever order a model wrote them.</summary>
    private static string Canonical(IDictionary<string, object?>? arguments)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            foreach (var (name, value) in (arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal)).OrderBy(a => a.Key, StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                Write(json, value is JsonElement element ? element : JsonSerializer.SerializeToElement(value, CompactJson.Options.GetTypeInfo(value?.GetType() ?? typeof(object))));
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value);
                }

                json.WriteEndObject();
                break;

            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;

            default:
                value.WriteTo(json);
                break;
        }
    }

    /// <summary>Another function under the same name is another tool.</summary>
    private string VersionOf(object function) =>
        _versions.GetValue(function, _ => Interlocked.Increment(ref _lastVersion).ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Brings an outcome that is not to be kept to all who wait for it.</summary>
    private sealed class NotKeptException(ToolOutcome outcome) : Exception
    {
        public ToolOutcome Outcome => outcome;
    }
}
