using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Wyckoff.MigrationService;
using Wyckoff.Postgres;
using Wyckoff.Tests.Schema;

namespace Wyckoff.Tests.MigrationService;

/// <summary>What is made, in which order, and what is dropped first.</summary>
public sealed partial class ObjectPlanTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public void Each_object_stands_in_the_one_file_that_has_its_name()
    {
        Assert.True(SchemaObject.All.Count > 100);
        Assert.Distinct(SchemaObject.All.Select(item => item.Name));
        foreach (var item in SchemaObject.All)
        {
            var parts = item.Name.Split('.');
            var table = $"{parts[0]}.{parts[1]}";
            var made = Made()
                .Matches(item.Sql)
                .Select(match => (Kind: match.Groups["kind"].Value, Name: match.Groups["name"].Value))
                .ToList();
            var stands = parts switch
            {
                [_, "grants"] => made.Count == 0,
                [_, _, "storage"] => made.Count == 0,
                [_, _, "triggers"] => made.Count > 0 && made.TrueForAll(item => item == ("TRIGGER", table)),
                [_, _, "policies"] => made.Count > 0 && made.TrueForAll(item => item == ("POLICY", table)),
                [_, _, "table"] => made.Count(item => item == ("TABLE", table)) == 1 && made.TrueForAll(item => item.Name == table),
                // A view has its own triggers and indexes with it.
                _ => made.Count(item => item.Kind is "FUNCTION" or "VIEW" or "TYPE") == 1 && made.TrueForAll(item => item.Name == table),
            };
            Assert.True(stands, $"{item.Name}: {string.Join(", ", made)}");
        }
    }

    [Fact]
    public async Task The_database_has_no_object_without_a_file()
    {
        // Those that end with _1h belong to the hourly aggregates, which the model declares.
        var there = await Filling.ListAsync(
            database.Admin,
            $"""
            WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname IN ({Filling.Schemas}))
            SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc p WHERE pronamespace IN (SELECT oid FROM ours) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') AND proname !~ '_1h$'
            UNION SELECT relnamespace::regnamespace || '.' || relname FROM pg_class c WHERE relnamespace IN (SELECT oid FROM ours) AND relkind IN ('v', 'm') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') AND relname !~ '_1h$'
            UNION SELECT tgrelid::regclass || '.triggers' FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND relnamespace IN (SELECT oid FROM ours) AND relkind IN ('r', 'p') AND tgname !~ '^(_?ts_|mark_)'
            UNION SELECT polrelid::regclass || '.policies' FROM pg_policy
            """,
            TestContext.Current.CancellationToken
        );
        Assert.Empty(
            there.Where(name =>
                SchemaObject.All.All(item => item.Name != name && !item.Name.EndsWith("." + name, StringComparison.Ordinal))
            )
        );
    }

    [Fact]
    public void What_did_not_change_and_uses_nothing_that_did_is_left_alone()
    {
        var objects = Objects("s.a:", "s.b:s.a", "s.c:s.b", "s.d:", "s.grants:s.c");
        var recorded = Recorded(objects);
        Assert.True(ObjectPlan.For(objects, recorded, tablesChange: false).IsEmpty);

        var plan = ObjectPlan.For(
            objects,
            [.. recorded.Select(item => item.Name == "s.b" ? (item.Name, "old") : item), ("s.gone", "x")],
            tablesChange: false
        );
        Assert.Equal(["s.gone", "s.grants", "s.c", "s.b"], plan.Dropped);
        Assert.Equal(["s.b", "s.c", "s.grants"], plan.Created.Select(item => item.Name));
    }

    [Fact]
    public void What_the_tables_need_comes_before_them_and_is_replaced_in_place()
    {
        var objects = Objects("public.uuid_v7:", "s.a:public.uuid_v7");
        var plan = ObjectPlan.For(objects, Recorded(objects), tablesChange: true);
        Assert.Equal(["s.a"], plan.Dropped);
        var before = plan.Before([]).ToList();
        Assert.Equal(2, before.Count);
        Assert.Equal(objects[0].Sql, before[1]);
        Assert.Equal([objects[1].Sql], plan.After);
    }

    [Fact]
    public void A_circle_is_named()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => ObjectPlan.For(Objects("s.a:s.b", "s.b:s.a"), [], tablesChange: false));
        Assert.Contains("s.a, s.b", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_remark_that_names_an_object_does_not_need_it()
    {
        SchemaObject[] objects =
        [
            new("s.a", "SELECT 1; -- as s.b"),
            new("s.b", "SELECT s.a(); COMMENT ON FUNCTION s.b() IS 'Not s.c; it''s s.c that calls this.';"),
            new("s.c", "SELECT s.b()"),
        ];
        Assert.Equal(["s.a", "s.b", "s.c"], ObjectPlan.For(objects.Reverse(), [], tablesChange: false).Created.Select(item => item.Name));
    }

    /// <summary>Whatever uses what, and whatever changed.</summary>
    [Fact]
    public void Nothing_is_made_before_or_dropped_after_what_it_uses()
    {
        var uses =
            from count in Gen.Choose(1, 12)
            from edges in Gen.ListOf(Gen.Zip(Gen.Choose(0, count - 1), Gen.Choose(0, count - 1)))
            from changed in Gen.ListOf(Gen.Choose(0, count - 1))
            from shuffle in Gen.Shuffle([.. Enumerable.Range(0, count)])
            select (count, edges, changed, shuffle);
        Prop.ForAll(
                uses.ToArbitrary(),
                sample =>
                {
                    // Only a later one uses an earlier one, so there is no circle; their names say nothing of the order.
                    var names = sample.shuffle.Select(number => $"s.o{number}").ToArray();
                    var used = Enumerable
                        .Range(0, sample.count)
                        .ToDictionary(
                            i => names[i],
                            i =>
                                sample
                                    .edges.Where(edge => edge.Item1 == i && edge.Item2 < i)
                                    .Select(edge => names[edge.Item2])
                                    .ToHashSet(StringComparer.Ordinal),
                            StringComparer.Ordinal
                        );
                    var objects = used.Select(pair => new SchemaObject(pair.Key, string.Join(' ', pair.Value))).ToArray();
                    var old = sample.changed.Select(i => names[i]).ToHashSet(StringComparer.Ordinal);
                    var recorded = Recorded(objects).Select(item => old.Contains(item.Name) ? (item.Name, "old") : item).ToList();
                    var plan = ObjectPlan.For(objects, recorded, tablesChange: false);

                    var created = plan.Created.Select(item => item.Name).ToList();
                    var affected = new HashSet<string>(StringComparer.Ordinal);
                    foreach (var name in names)
                    {
                        if (old.Contains(name) || used[name].Overlaps(affected))
                        {
                            affected.Add(name);
                        }
                    }

                    return affected.SetEquals(created)
                        && affected.SetEquals(plan.Dropped)
                        && created.TrueForAll(name => used[name].All(other => created.IndexOf(other) < created.IndexOf(name)))
                        && plan.Dropped.SequenceEqual(Enumerable.Reverse(created));
                }
            )
            .QuickCheckThrowOnFailure();
    }

    /// <summary>Each as NAME:what it uses.</summary>
    private static SchemaObject[] Objects(params string[] declared) =>
        [.. declared.Select(text => text.Split(':')).Select(parts => new SchemaObject(parts[0], $"{parts[1]} -- {parts[0]}"))];

    private static List<(string Name, string Hash)> Recorded(IEnumerable<SchemaObject> objects) =>
        [.. ObjectPlan.For(objects, [], tablesChange: true).Created.Select(item => (item.Name, item.Hash))];

    [GeneratedRegex(
        @"^CREATE (OR REPLACE )?(CONSTRAINT |UNIQUE |MATERIALIZED )?((?<kind>FUNCTION|VIEW|TYPE|TABLE) (?<name>[a-z_]+\.[a-z_0-9]+)|(?<kind>TRIGGER|POLICY|INDEX) [^;]*? ON (?<name>[a-z_]+\.[a-z_0-9]+))",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Made();
}
