using Spectre.Console;

namespace Wyckoff.ServiceDefaults;

/// <summary>Where a verb shows what it has found: drawn for a terminal, plain lines of any length for a file or a pipe.</summary>
public static class VerbConsole
{
    // So wide that no line in a file or a pipe is wrapped.
    private const int UnlimitedWidth = 1 << 16;

    public static IAnsiConsole Create(TextWriter output) => Create(new AnsiConsoleOutput(output));

    public static IAnsiConsole Create(IAnsiConsoleOutput output)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = output,
                // No verb asks anything, so it does not matter whether standard input is a terminal, too, nor on which build server this is.
                Interactive = InteractionSupport.Yes,
                Enrichment = new() { UseDefaultEnrichers = false },
            }
        );
        if (!console.IsTerminal())
        {
            console.Profile.Width = UnlimitedWidth;
        }

        return console;
    }

    /// <summary>True where lines can be drawn over.</summary>
    public static bool IsTerminal(this IAnsiConsole console) => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;

    /// <summary>A table in the style of this console.</summary>
    public static Table NewTable(this IAnsiConsole console, params TableColumn[] columns) =>
        new Table { Border = console.IsTerminal() ? TableBorder.Rounded : TableBorder.None }.AddColumns(columns);

    /// <summary>What comes from outside is text, never markup.</summary>
    public static void AddTextRow(this Table table, params IEnumerable<string> cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}
