using System.Buffers;
using System.Text.Json;
using Troupe.Cli.Link;

namespace Troupe.Cli.Import;

/// <summary>The sessions that an import is about to make, each written down before the server is asked for it: the way back from an import that was
/// killed. JSON lines in a file beside the summary, which is there until the summary is whole. It outlives the program, not the loss of the machine's
/// power. Thread-safe.</summary>
internal sealed class ImportJournal : IDisposable
{
    private const long MaxBytes = 1L << 30;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new();

    private ImportJournal(string path, FileStream file) => (_path, _file) = (path, file);

    /// <summary>The journal of a summary.</summary>
    public static string PathOf(string summaryPath) => summaryPath + ".journal";

    /// <exception cref="CommandFailure">It cannot be written.</exception>
    public static ImportJournal Create(string summaryPath)
    {
        var path = PathOf(summaryPath);
        try
        {
            // Without a buffer, so that each line is the system's as soon as it is added.
            return new ImportJournal(path, new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(path, failure);
        }
    }

    /// <summary>What a journal has, without the last line when that is torn; nothing when there is none.</summary>
    /// <exception cref="CommandFailure">It cannot be read, or is no journal.</exception>
    public static async Task<List<SessionSummary>> ReadAsync(string summaryPath, CancellationToken cancellationToken)
    {
        var path = PathOf(summaryPath);
        var sessions = new List<SessionSummary>();
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return sessions;
        }

        if (file.Length > MaxBytes)
        {
            throw new CommandFailure(ExitCodes.Setup, $"'{path}' has {file.Length} bytes; a journal has at most {MaxBytes}.");
        }

        try
        {
            JsonException? torn = null;
            await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
            {
                if (torn is not null)
                {
                    throw new CommandFailure(ExitCodes.Setup, $"'{path}' is no journal of an import: {torn.Message}");
                }

                try
                {
                    sessions.Add(JsonSerializer.Deserialize(line, ImportJson.Default.SessionSummary) ?? throw new JsonException("A line is null."));
                }
                catch (JsonException failure)
                {
                    torn = failure;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Setup, $"'{path}' cannot be read: {failure.Message}");
        }

        return sessions;
    }

    /// <summary>Writes down a session before the server is asked for it.</summary>
    /// <exception cref="CommandFailure">It cannot be written.</exception>
    public void Add(SessionSummary session)
    {
        lock (_gate)
        {
            _line.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_line))
            {
                JsonSerializer.Serialize(json, session, ImportJson.Default.SessionSummary);
            }

            _line.Write("\n"u8);
            try
            {
                _file.Write(_line.WrittenSpan);
            }
            catch (IOException failure)
            {
                throw NotWritten(_path, failure);
            }
        }
    }

    /// <summary>The summary has everything now.</summary>
    public void Delete()
    {
        Dispose();
        File.Delete(_path);
    }

    public void Dispose() => _file.Dispose();

    private static CommandFailure NotWritten(string path, Exception failure) => new(ExitCodes.Setup, $"'{path}' cannot be written: {failure.Message}");
}
