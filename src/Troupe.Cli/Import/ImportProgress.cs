using System.Globalization;
using Spectre.Console;

namespace Troupe.Cli.Import;

/// <summary>Says on standard error how far an import is, once it takes a while: a bar on a terminal, else a line now and then.</summary>
internal sealed class ImportProgress(long totalBytes, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private Task? _told;
    private long _bytes;
    private int _sessions;

    /// <summary>Begins to tell.</summary>
    public ImportProgress Start()
    {
        _told = Console.IsErrorRedirected ? LinesAsync() : BarAsync();
        return this;
    }

    /// <summary>So many bytes of all files are read.</summary>
    public void Read(long bytes) => Volatile.Write(ref _bytes, bytes);

    public void Taken() => Interlocked.Increment(ref _sessions);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await (_told ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        _end.Dispose();
    }

    private string Text => string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref _sessions)} conversations, {Percent:0} % of the files");

    private double Percent => totalBytes == 0 ? 0 : Math.Min(100, 100.0 * Volatile.Read(ref _bytes) / totalBytes);

    private async Task LinesAsync()
    {
        for (var wait = Patience; ; wait = LineInterval)
        {
            await Task.Delay(wait, time, _end.Token);
            await Console.Error.WriteLineAsync($"troupe: {Text}");
        }
    }

    private async Task BarAsync()
    {
        await Task.Delay(Patience, time, _end.Token);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress().AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask("Importing");
            while (!_end.IsCancellationRequested)
            {
                bar.Value = Percent;
                bar.Description = Text;
                await Task.Delay(BarInterval, time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }
}
