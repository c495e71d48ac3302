using System.Text.Json;
using Spectre.Console;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary>How results are printed: a table for people, the server's JSON for programs.</summary>
internal static class Output
{
    public static void Json(JsonElement value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonContext.Default.JsonElement));

    /// <summary>A table of an array's elements; each column is a heading and the member it shows.</summary>
    public static void Table(JsonElement rows, params ReadOnlySpan<(string Heading, string Member)> columns)
    {
        // A file or a pipe has no edge to wrap at.
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 10_000;
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }

        var table = new Table().Border(TableBorder.None);
        foreach (var (heading, _) in columns)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))).NoWrap());
        }

        foreach (var row in rows.EnumerateArray())
        {
            var cells = new List<Text>();
            foreach (var (_, member) in columns)
            {
                cells.Add(new Text(TextOf(row, member)).Overflow(Overflow.Ellipsis));
            }

            table.AddRow(cells);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Waits for work, and says on standard error that it goes on when it takes over a second.</summary>
    public static async Task<T> WaitAsync<T>(string what, Task<T> work)
    {
        var second = TimeSpan.FromSeconds(1);
        for (var seconds = 1; await Task.WhenAny(work, Task.Delay(second)) != work; seconds++)
        {
            await Console.Error.WriteAsync(Console.IsErrorRedirected ? seconds % 10 == 1 ? $"{what} ...\n" : "" : $"\r{what} ... {seconds} s ");
        }

        return await work;
    }

    /// <summary>A member as text; empty when it is absent. Control characters are left out: a terminal would obey them.</summary>
    public static string TextOf(JsonElement row, string member)
    {
        if (!row.TryGetProperty(member, out var value))
        {
            return "";
        }

        return value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(v => v.ToString())),
            JsonValueKind.String when value.TryGetDateTimeOffset(out var time) => time.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture),
            _ => Harmless(value.ToString()),
        };
    }

    /// <summary>Text that a terminal only shows: escape sequences and other control characters are left out, lines and tabs stay.</summary>
    public static string Harmless(string text) =>
        text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')) ? string.Concat(text.Where(c => !char.IsControl(c) || c is '\n' or '\t')) : text;
}
