using Spectre.Console;

namespace Wyckoff.ServiceDefaults;

/// <summary>Creates the console for a verb's output: formatted on a terminal, plain unwrapped lines in a file or a pipe.</summary>
public static class VerbConsole
{
    // No line in a file or a pipe is wrapped.
    private const int UnlimitedWidth = 1 << 16;

    public static IAnsiConsole Create(TextWriter output) => Create(new AnsiConsoleOutput(output));

    public static IAnsiConsole Create(IAnsiConsoleOutput output)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = output,
                // No verb prompts. A fixed value avoids the detection of terminals and build servers.
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

    /// <summary>True if the output is a terminal on which lines can be overwritten.</summary>
    public static bool IsTerminal(this IAnsiConsole console) => console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi;

    /// <summary>Creates a table in the style of the console.</summary>
    public static Table NewTable(this IAnsiConsole console, params TableColumn[] columns) =>
        new Table { Border = console.IsTerminal() ? TableBorder.Rounded : TableBorder.None }.AddColumns(columns);

    /// <summary>Adds a row of plain text. Text from outside is never interpreted as markup.</summary>
    public static void AddTextRow(this Table table, params IEnumerable<string> cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}
