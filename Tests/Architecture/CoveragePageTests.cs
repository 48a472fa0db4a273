using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Wyckoff.Accounts;
using Wyckoff.Tests.Api;
using Wyckoff.Tests.Api.OpenApi;

namespace Wyckoff.Tests.Architecture;

/// <summary>Compares <c>docs/coverage.md</c> with the endpoints, verbs and tests that it names.</summary>
public sealed class CoveragePageTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    // The tables of source document 2 that the page has rows for.
    private static readonly Type[] Covered = [typeof(UserAccount), typeof(UserProfile), typeof(UserRule), typeof(WaitlistEntry)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_endpoints_verbs_and_tests_of_the_page_exist()
    {
        await using var api = new ApiServer(database.AppConnection);
        var described = await Described.ReadAsync(api.CreateClient());
        var operations = described.Operations.Select(operation => Neutral(operation.ToString())).ToHashSet(StringComparer.Ordinal);
        var tests = typeof(CoveragePageTests)
            .Assembly.GetTypes()
            .Where(type => type.IsPublic && type.GetMethods().Any(method => method.IsDefined(typeof(FactAttribute), inherit: true)))
            .Select(type => "." + type.FullName)
            .ToList();
        var script = await File.ReadAllTextAsync(Path.Combine(Run.Root, "wyckoff.sh"), Token);
        var wrong = new List<string>();
        var found = 0;
        foreach (var span in Regex.Matches(await PageAsync(), "`([^`]+)`").Select(match => match.Groups[1].Value))
        {
            var isThere =
                Regex.IsMatch(span, "^(GET|POST|PUT|PATCH|DELETE) /") ? operations.Contains(Neutral(span))
                : Regex.Match(span, @"^\./wyckoff\.sh ([a-z]+)") is { Success: true } verb
                    ? Regex.IsMatch(script, $@"(?m)^  ([a-z]+ \| )*{verb.Groups[1].Value}( \| [a-z]+)*\)")
                : !Regex.IsMatch(span, "^[A-Za-z.]+Tests$") || tests.Exists(test => test.EndsWith("." + span, StringComparison.Ordinal));
            found += isThere ? 1 : 0;
            if (!isThere)
            {
                wrong.Add(span);
            }
        }

        Assert.True(wrong.Count == 0, "These do not exist: " + string.Join(", ", wrong.Distinct(StringComparer.Ordinal)));
        Assert.True(found > 50);

        static string Neutral(string operation) => Regex.Replace(operation, @"\{[^}]*\}", "{}").TrimEnd('/');
    }

    [Fact]
    public async Task Every_row_of_the_page_names_how_it_is_reached_and_tested()
    {
        var rows = Regex.Matches(await PageAsync(), @"(?m)^\|(.+)\|$").Select(match => match.Groups[1].Value.Split('|')).ToList();
        Assert.All(
            rows.Where(cells => !cells[0].Contains("---", StringComparison.Ordinal) && cells[0].Trim() != "Feature"),
            cells =>
            {
                Assert.True(cells.Length == 3, string.Join('|', cells));
                Assert.Contains("Tests`", cells[2], StringComparison.Ordinal);
                Assert.True(cells[1].Trim().Length > 0, cells[0]);
            }
        );
    }

    [Fact]
    public async Task The_page_has_every_column_of_the_tables_of_users()
    {
        var page = await PageAsync();
        await using var context = database.Context();
        foreach (var entity in Covered.Select(type => context.Model.FindEntityType(type)!))
        {
            foreach (var property in entity.GetProperties())
            {
                Assert.Matches($@"`{entity.GetTableName()}\.{property.GetColumnName()}(\.[a-z_]+)?`", page);
            }
        }
    }

    private static Task<string> PageAsync() => File.ReadAllTextAsync(Path.Combine(Run.Root, "docs", "coverage.md"), Token);
}
