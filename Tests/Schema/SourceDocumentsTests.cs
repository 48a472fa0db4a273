using System.Text.RegularExpressions;

namespace Wyckoff.Tests.Schema;

/// <summary>Compares the checklist of the four source documents in <c>docs/schema/README.md</c> with the database.</summary>
public abstract partial class SourceDocumentsTests(TestDatabase database)
{
    [Fact]
    public async Task Every_column_of_the_source_documents_is_there()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(Run.Root, "docs", "schema", "README.md"),
            TestContext.Current.CancellationToken
        );
        var rows = Row().Matches(page[page.IndexOf("## Checklist", StringComparison.Ordinal)..]);
        Assert.True(rows.Count >= 586, $"The list has lost rows: {rows.Count}.");

        var there = (
            await database.ScalarAsync<string[]>(
                """
                SELECT array_agg(n.nspname || '.' || c.relname || '.' || a.attname)
                  FROM pg_class c
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                  JOIN pg_attribute a ON a.attrelid = c.oid
                 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm')
                """
            )
        ).ToHashSet(StringComparer.Ordinal);
        var missing = rows.Where(row =>
                row.Groups["none"].Success
                    ? row.Groups["note"].Value.Trim().Length == 0 // an omitted column needs a reason
                    : !there.Contains(row.Groups["ours"].Value)
            )
            .Select(row => row.Value.Trim());
        Assert.Empty(missing);
        // Notes that name another column must name an existing one.
        Assert.Empty(
            rows.SelectMany(row => Name().Matches(row.Groups["note"].Value))
                .Select(name => name.Groups[1].Value)
                .Where(name => !there.Contains(name))
        );
    }

    [GeneratedRegex(
        @"^\| (?<theirs>\w+\.\w+) \| (?:`(?<ours>[\w.]+)`|(?<none>–)) \|(?<note>.*)\|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+\.\w+\.\w+)`")]
    private static partial Regex Name();
}

public sealed class PlainSourceDocumentsTests(PlainDatabase database) : SourceDocumentsTests(database), IClassFixture<PlainDatabase>;

public sealed class ApacheSourceDocumentsTests(ApacheDatabase database) : SourceDocumentsTests(database), IClassFixture<ApacheDatabase>;

public sealed class CommunitySourceDocumentsTests(CommunityDatabase database)
    : SourceDocumentsTests(database),
        IClassFixture<CommunityDatabase>;
