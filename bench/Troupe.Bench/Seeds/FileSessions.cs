using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Troupe.Bench.Seeds;

/// <summary>The sessions of MedSim and TauroBot as their write-ups describe them: JSON files, each saved whole. Before: at every message, blocking, one request at a time. After: kept in
/// memory, saved in the background.</summary>
internal sealed class FileSessions(string folder, TimeSpan modelDelay)
{
    private readonly Dictionary<string, JsonArray> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Files written so far.</summary>
    public int Writes { get; private set; }

    /// <summary>Before: one request at a time; saved, the model called by a thread that waits, saved again. Gives the time beyond the model's own.</summary>
    public TimeSpan AnswerBlocking(string session, string message, string reply)
    {
        lock (_gate)
        {
            var started = Stopwatch.GetTimestamp();
            Add(session, "user", message);
            Save(session);
            var called = Stopwatch.GetTimestamp();
            Thread.Sleep(modelDelay);
            var model = Stopwatch.GetElapsedTime(called);
            Add(session, "assistant", reply);
            Save(session);
            return Stopwatch.GetElapsedTime(started) - model;
        }
    }

    /// <summary>Their after: in memory, the model called without a thread; who saves does it later.</summary>
    public async Task<TimeSpan> AnswerAsync(string session, string message, string reply)
    {
        var started = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            Add(session, "user", message);
        }

        var called = Stopwatch.GetTimestamp();
        await Task.Delay(modelDelay);
        var model = Stopwatch.GetElapsedTime(called);
        lock (_gate)
        {
            Add(session, "assistant", reply);
            _changed.Add(session);
        }

        return Stopwatch.GetElapsedTime(started) - model;
    }

    /// <summary>Their after: saves each session that has changed, whole.</summary>
    public void SaveChanged()
    {
        lock (_gate)
        {
            foreach (var session in _changed)
            {
                Save(session);
            }

            _changed.Clear();
        }
    }

    private void Add(string session, string role, string content)
    {
        if (!_sessions.TryGetValue(session, out var messages))
        {
            _sessions[session] = messages = [];
        }

        messages.Add(new JsonObject { ["role"] = role, ["content"] = content });
    }

    private void Save(string session)
    {
        File.WriteAllText(Path.Combine(folder, session + ".json"), _sessions[session].ToJsonString());
        Writes++;
    }
}
