using System.Globalization;
using System.IO.Enumeration;
using Microsoft.Extensions.Logging;
using Troupe.Agents;
using Troupe.Apps.Yaml;

namespace Troupe.Cli.AgentFiles;

/// <summary>The agents of a folder, one a file, as they are now: a change takes effect without a restart, and so does the folder's own coming. A
/// file that breaks keeps its former agent, and so do all files while the folder is away. Thread-safe.</summary>
internal sealed partial class AgentFolder : IDisposable
{
    /// <summary>The folder's usual name, in the working directory.</summary>
    public const string UsualName = "agents";

    /// <summary>How long a change may take, so that it is read once and whole.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the folder is looked at, beside being watched: a watch begins with a folder that is there and ends with it.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    /// <summary>The most files that a look takes in, so that a folder that is none of agents costs little.</summary>
    private const int MaxLooked = 10_000;
    private const int MaxDepth = 4;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly AgentFileSurroundings _surroundings;
    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);
    private Dictionary<string, AgentFile> _files;
    private AgentCatalog? _agents;
    private ILogger? _log;
    private FileSystemWatcher? _watcher;
    private ITimer? _timer;
    private ITimer? _looking;
    private UInt128? _looked;
    private bool _disposed;

    private AgentFolder(string path, AgentFileSurroundings surroundings, IEnumerable<AgentFile> files)
    {
        _path = path;
        _surroundings = surroundings;
        _files = files.ToDictionary(f => f.Path, StringComparer.Ordinal);
    }

    /// <summary>Reads the folder.</summary>
    /// <param name="path">The folder; null for <see cref="UsualName"/>, which may come later.</param>
    /// <param name="surroundings">What its files may name.</param>
    /// <exception cref="TroupeException">It is not there (code setting_out_of_range), or has mistakes (code agent_invalid): the message has all of them.</exception>
    public static AgentFolder Open(string? path, AgentFileSurroundings surroundings)
    {
        if (!Directory.Exists(path ?? UsualName))
        {
            return path is null
                ? new AgentFolder(UsualName, surroundings, [])
                : throw Server.ServerSettings.Wrong("TROUPE_AGENTS", path, "a folder that is there, with a YAML file for each agent");
        }

        path ??= UsualName;

        var files = Read(path, surroundings, new Dictionary<string, AgentFile>(StringComparer.Ordinal));
        var mistakes = files.SelectMany(f => f.Mistakes).ToList();
        return mistakes.Count == 0 ? new AgentFolder(path, surroundings, files) : throw new TroupeException(
            ErrorKind.Setup, "agent_invalid", mistakes.Count == 1 ? mistakes[0].ToString() : $"The agents have {mistakes.Count} mistakes.\n{string.Join('\n', mistakes)}");
    }

    /// <summary>Adds the agents, and follows what happens in the folder from now on.</summary>
    public void Begin(AgentCatalog agents, TimeProvider time, ILogger log)
    {
        lock (_gate)
        {
            (_agents, _log) = (agents, log);
            foreach (var file in _files.Values)
            {
                agents.Put(file.Definition!);
            }

            _timer = time.CreateTimer(static folder => ((AgentFolder)folder!).Reload(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _looked = LookAt(_path);
            WatchLocked(log);
            _looking = time.CreateTimer(static folder => ((AgentFolder)folder!).Look(), this, LookInterval, LookInterval);
        }

        // What happened between the first look and now has been seen by nobody.
        Reload();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _watcher?.Dispose();
            _timer?.Dispose();
            _looking?.Dispose();
        }
    }

    /// <summary>What of the folder changes when something in it does; null when it is not there.</summary>
    private static UInt128? LookAt(string path)
    {
        if (!Directory.Exists(path))
        {
            return null;
        }

        try
        {
            var entries = new FileSystemEnumerable<string>(
                path,
                static (ref entry) => string.Create(CultureInfo.InvariantCulture, $"{entry.ToFullPath()} {entry.LastWriteTimeUtc.Ticks} {entry.Length}"),
                new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = FileAttributes.None });
            return Hashing.Of([.. entries.Take(MaxLooked).Order(StringComparer.Ordinal)]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It cannot be looked at, or goes meanwhile: the next look tells.
            return UInt128.MaxValue;
        }
    }

    /// <summary>Reads all files, and refuses names that are taken; who had a name before keeps it.</summary>
    private static List<AgentFile> Read(string path, AgentFileSurroundings surroundings, IReadOnlyDictionary<string, AgentFile> former)
    {
        var files = Directory.EnumerateFiles(path)
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml" && !Path.GetFileName(f).StartsWith('.'))
            .Order(StringComparer.Ordinal)
            .Select(f => AgentFileReader.Read(f, surroundings))
            .ToList();

        // A broken file's former agent stays, so its name is taken, too.
        var owners = surroundings.Taken.ToDictionary(n => n, _ => "the program itself", StringComparer.Ordinal);
        foreach (var file in files.Where(f => f.Definition is null))
        {
            if (former.GetValueOrDefault(file.Path)?.Definition is { } kept)
            {
                owners.TryAdd(kept.Name, $"'{file.Path}'");
            }
        }

        var read = new List<AgentFile>();
        foreach (var file in files.OrderBy(f => f.Definition is { } now && former.GetValueOrDefault(f.Path)?.Definition?.Name == now.Name ? 0 : 1))
        {
            read.Add(file.Definition is not { } agent || owners.TryAdd(agent.Name, $"'{file.Path}'")
                ? file
                : file.Refuse($"The name '{agent.Name}' is taken by {owners[agent.Name]}. Choose another."));
        }

        read.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return read;
    }

    /// <summary>Finds what no watch has told of: a folder that has come, or is another one than was watched.</summary>
    private void Look()
    {
        lock (_gate)
        {
            if (_disposed || _log is not { } log || LookAt(_path) is var now && now == _looked)
            {
                return;
            }

            _looked = now;
            WatchLocked(log);
            Settle();
        }
    }

    private void WatchLocked(ILogger log)
    {
        _watcher?.Dispose();
        _watcher = null;
        if (_looked is null)
        {
            return;
        }

        try
        {
            // Also below the folder, where the texts of instructions may lie.
            _watcher = new FileSystemWatcher(_path) { IncludeSubdirectories = true };
            _watcher.Changed += (_, _) => Settle();
            _watcher.Created += (_, _) => Settle();
            _watcher.Deleted += (_, _) => Settle();
            _watcher.Renamed += (_, _) => Settle();
            _watcher.Error += (_, _) => Settle();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException)
        {
            LogNotWatched(log, failure, _path, LookInterval.TotalSeconds);
        }
    }

    private void Settle()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _timer?.Change(Settling, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Reload()
    {
        lock (_gate)
        {
            if (_disposed || _agents is not { } agents || _log is not { } log)
            {
                return;
            }

            // Before reading: what changes meanwhile is found by the next look.
            _looked = LookAt(_path);
            if (_looked is null && _files.Count == 0)
            {
                return;
            }

            try
            {
                Apply(Read(_path, _surroundings, _files), agents, log);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A folder that is away for a moment must not take the agents with it.
                LogUnreadable(log, failure, _path);
            }
        }
    }

    private void Apply(List<AgentFile> read, AgentCatalog agents, ILogger log)
    {
        var next = new Dictionary<string, AgentFile>(StringComparer.Ordinal);
        foreach (var file in read)
        {
            var former = _files.GetValueOrDefault(file.Path);
            if (file.Definition is null)
            {
                Say(file, log);
                if (former is not null)
                {
                    next[file.Path] = former;
                }
            }
            else
            {
                _said.Remove(file.Path);
                next[file.Path] = former?.Text == file.Text ? former : file;
            }
        }

        var (before, now) = (_files.Values.ToDictionary(f => f.Definition!.Name, StringComparer.Ordinal), next.Values.DistinctBy(f => f.Definition!.Name).ToDictionary(f => f.Definition!.Name, StringComparer.Ordinal));
        foreach (var name in before.Keys.Where(n => !now.ContainsKey(n)))
        {
            agents.Remove(name);
            LogRemoved(log, name);
        }

        foreach (var (name, file) in now.Where(f => !ReferenceEquals(before.GetValueOrDefault(f.Key), f.Value)))
        {
            agents.Put(file.Definition!);
            LogRead(log, name, file.Path);
        }

        _files = now.Values.ToDictionary(f => f.Path, StringComparer.Ordinal);
    }

    private void Say(AgentFile file, ILogger log)
    {
        // Once for each change, not for each look.
        var mistakes = string.Join('\n', file.Mistakes);
        if (_said.GetValueOrDefault(file.Path) != mistakes)
        {
            _said[file.Path] = mistakes;
            foreach (var mistake in file.Mistakes)
            {
                LogMistake(log, mistake);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Mistake} What was there before stays in force")]
    private static partial void LogMistake(ILogger log, FileMistake mistake);

    [LoggerMessage(Level = LogLevel.Information, Message = "The agent {Agent} is now as in {File}")]
    private static partial void LogRead(ILogger log, string agent, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "The agent {Agent} is gone with its file; its sessions can still be read")]
    private static partial void LogRemoved(ILogger log, string agent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder {Folder} cannot be read; its agents stay as they are")]
    private static partial void LogUnreadable(ILogger log, Exception failure, string folder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder {Folder} cannot be watched; it is looked at every {Seconds} s")]
    private static partial void LogNotWatched(ILogger log, Exception failure, string folder, double seconds);
}
