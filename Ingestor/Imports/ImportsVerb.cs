using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Wyckoff.Imports;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor.Imports;

/// <summary><c>imports list</c> lists the newest imports, <c>imports undo ID…</c> undoes imports.</summary>
internal static class ImportsVerb
{
    private const int DefaultLimit = 20;

    public static Command Create(Func<WebApplicationBuilder> builder)
    {
        var limit = new Option<int>("--limit") { Description = "How many to list.", DefaultValueFactory = _ => DefaultLimit };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value < 1)
            {
                result.AddError($"--limit: '{result.Tokens[0].Value}': a whole number of at least 1 is expected.");
            }
        });
        var list = new Command("list", "List the newest imports.") { limit };
        list.SetAction(
            (parsed, _) => Verb.RunAsync(Quietly(builder()), (services, token) => ListAsync(services, parsed.GetValue(limit), token))
        );

        var ids = new Argument<long[]>("ID") { Arity = ArgumentArity.OneOrMore, Description = "The ids of the imports, newest first." };
        var undo = new Command(
            "undo",
            "Undo imports: their bars are deleted, or get the values back that they have without the import. Bars that were overwritten "
                + "since are left alone and counted. Exit code 1 if an import could not be undone."
        )
        {
            ids,
        };
        undo.SetAction(
            (parsed, _) => Verb.RunAsync(Quietly(builder()), (services, token) => UndoAsync(services, parsed.GetValue(ids)!, token))
        );
        return new("imports", "List and undo imports.") { list, undo };
    }

    private static async Task ListAsync(IServiceProvider services, int limit, CancellationToken cancellationToken)
    {
        var console = VerbConsole.Create(Console.Out);
        var table = console.NewTable(
            new("Id"),
            new("Started (UTC)"),
            new("Status"),
            new TableColumn("Inserted").RightAligned(),
            new TableColumn("Updated").RightAligned(),
            new TableColumn("Skipped").RightAligned(),
            new TableColumn("Rejected").RightAligned(),
            new("File")
        );
        var imports = await services.GetRequiredService<ImportQueries>().ListAsync(null, null, limit, cancellationToken);
        foreach (var import in imports)
        {
            table.AddTextRow(
                import.Id.ToString(CultureInfo.InvariantCulture),
                import.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                EnumText.Of(import.Status),
                Count(import.Inserted),
                Count(import.Updated),
                Count(import.Skipped),
                Count(import.Rejected),
                import.File
            );
        }

        console.Write(table);
    }

    private static async Task<int> UndoAsync(IServiceProvider services, long[] ids, CancellationToken cancellationToken)
    {
        var undo = services.GetRequiredService<ImportUndo>();
        var imports = services.GetRequiredService<ImportQueries>();
        var failed = false;
        foreach (var id in ids)
        {
            var fault = await undo.UndoAsync(id, cancellationToken) switch
            {
                UndoOutcome.Undone => null,
                UndoOutcome.Unknown => "there is no such import; 'imports list' lists them",
                UndoOutcome.Busy => "it is running, or is being undone by another process",
                _ => "bars that it replaced are not kept any more, or it is from before imports could be undone",
            };
            if (fault is not null)
            {
                failed = true;
                await Console.Error.WriteLineAsync(Invariant($"ingestor: import {id} cannot be undone: {fault}"));
                continue;
            }

            var import = (await imports.FindAsync(id, cancellationToken))!;
            var undone = import.Undone!;
            Console.WriteLine(
                Invariant($"import {id} of {import.File} is undone: {undone.Removed:N0} bars removed, {undone.Restored:N0} restored, ")
                    + Invariant($"{undone.Kept:N0} overwritten or deleted since")
            );
        }

        return failed ? 1 : 0;
    }

    // The output says the same.
    private static WebApplicationBuilder Quietly(WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Wyckoff.Imports", LogLevel.Warning);
        return builder;
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
