using Troupe.Tests;

namespace Troupe.Server.Tests.Docs;

/// <summary>Somebody who does what a page says, from its beginning to its end: makes the files that it shows and pastes its commands into one
/// shell, in one folder from which a server runs.</summary>
internal sealed class GuideReader : IAsyncDisposable
{
    private const string UsualUrl = "http://127.0.0.1:5080";

    private readonly TempFolder _folder = new();
    private readonly TempFolder _notes = new();
    private readonly GuideShell _shell;
    private readonly string _searchPath;
    private ServerProcess? _server;

    private GuideReader(GuideTools tools)
    {
        _searchPath = tools.SearchPath;
        _shell = new GuideShell(_folder.Path, _notes.Path, _searchPath);
    }

    /// <summary>Does what a page says.</summary>
    /// <returns>The number of commands that were run.</returns>
    /// <exception cref="InvalidDataException">A command did not end as the page says.</exception>
    public static async Task<int> ReadAsync(GuidePage page, GuideTools tools)
    {
        await using var reader = new GuideReader(tools);
        var count = 0;
        foreach (var block in page.Blocks)
        {
            if (block.FileName is { } name)
            {
                reader.MakeFile(name, block.Text);
            }

            if (!block.IsRun)
            {
                continue;
            }

            await reader.PrepareAsync(block);
            foreach (var command in await GuideCommand.SplitAsync(block))
            {
                await reader.PasteAsync(page, command);
                count++;
            }
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        _shell.Dispose();
        await StopAsync();
        _notes.Dispose();
        _folder.Dispose();
    }

    private void MakeFile(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
    }

    /// <summary>A server runs, as after <c>./run</c>, unless the page says otherwise.</summary>
    private async Task PrepareAsync(GuideBlock block)
    {
        if (block.Marker == GuideBlock.WithoutServer)
        {
            await StopAsync();
        }
        else
        {
            // With no key of its own, so that the reader is the operator by the token in the data folder.
            _server ??= await ServerProcess.StartAsync(_folder.Path, ("TROUPE_DATA", "data"), ("TROUPE_API_KEY", ""), ("PATH", _searchPath));
        }
    }

    private async Task PasteAsync(GuidePage page, GuideCommand command)
    {
        var (code, output) = await _shell.RunAsync(command.Text.Replace(UsualUrl, _server?.Url ?? UsualUrl, StringComparison.Ordinal));
        if (code is null || !command.ExitCodes.Contains(code.Value))
        {
            throw new InvalidDataException($"{page.Name}:{command.Line}: {command.Text.Trim()}\n{(code is null ? "ended the shell" : $"exits with {code}")}:\n{output}");
        }
    }

    private async Task StopAsync()
    {
        if (_server is not null)
        {
            await _server.TerminateAsync();
            await _server.DisposeAsync();
            _server = null;
        }
    }
}
