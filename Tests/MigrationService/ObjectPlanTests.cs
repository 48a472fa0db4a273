using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Wyckoff.MigrationService;
using Wyckoff.Postgres;
using Wyckoff.Tests.Schema;

namespace Wyckoff.Tests.MigrationService;

/// <summary>Tests which objects are created and dropped, and in which order.</summary>
public sealed partial class ObjectPlanTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public void Each_file_creates_the_one_object_it_is_named_after()
    {
        Assert.True(SchemaObject.All.Count > 100);
        Assert.Distinct(SchemaObject.All.Select(item => item.Name));
        foreach (var item in SchemaObject.All)
        {
            var parts = item.Name.Split('.');
            var table = $"{parts[0]}.{parts[1]}";
            var created = CreateStatement()
                .Matches(item.Sql)
                .Select(match => (Kind: match.Groups["kind"].Value, Name: match.Groups["name"].Value))
                .ToList();
            var isWellFormed = parts switch
            {
                [_, "grants"] => created.Count == 0,
                [_, _, "storage"] => created.Count == 0,
                [_, _, "triggers"] => created.Count > 0 && created.TrueForAll(item => item == ("TRIGGER", table)),
                [_, _, "policies"] => created.Count > 0 && created.TrueForAll(item => item == ("POLICY", table)),
                [_, _, "table"] => created.Count(item => item == ("TABLE", table)) == 1 && created.TrueForAll(item => item.Name == table),
                // The file of a view also has the triggers and indexes of the view.
                _ => created.Count(item => item.Kind is "FUNCTION" or "VIEW" or "TYPE") == 1
                    && created.TrueForAll(item => item.Name == table),
            };
            Assert.True(isWellFormed, $"{item.Name}: {string.Join(", ", created)}");
        }
    }

    [Fact]
    public async Task The_database_has_no_object_without_a_file()
    {
        // Objects that end with _1h belong to the hourly aggregates, which the model declares.
        var present = await Filling.ListAsync(
            database.Admin,
            $"""
            WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname IN ({Filling.Schemas}))
            SELECT pronamespace::regnamespace || '.' || proname
              FROM pg_proc p
             WHERE pronamespace IN (SELECT oid FROM ours)
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') AND proname !~ '_1h$'
            UNION
            SELECT relnamespace::regnamespace || '.' || relname
              FROM pg_class c
             WHERE relnamespace IN (SELECT oid FROM ours) AND relkind IN ('v', 'm')
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') AND relname !~ '_1h$'
            UNION
            SELECT tgrelid::regclass || '.triggers'
              FROM pg_trigger t
              JOIN pg_class c ON c.oid = tgrelid
             WHERE NOT tgisinternal AND relnamespace IN (SELECT oid FROM ours) AND relkind IN ('r', 'p') AND tgname !~ '^(_?ts_|mark_)'
            UNION SELECT polrelid::regclass || '.policies' FROM pg_policy
            """,
            TestContext.Current.CancellationToken
        );
        Assert.Empty(
            present.Where(name =>
                SchemaObject.All.All(item => item.Name != name && !item.Name.EndsWith("." + name, StringComparison.Ordinal))
            )
        );
    }

    [Fact]
    public void Unchanged_objects_that_use_no_changed_ones_are_not_recreated()
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
    public void Functions_of_column_defaults_are_created_before_the_tables_and_replaced_in_place()
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
    public void A_cycle_is_refused_with_the_names_in_it()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => ObjectPlan.For(Objects("s.a:s.b", "s.b:s.a"), [], tablesChange: false));
        Assert.Contains("s.a, s.b", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_in_a_comment_is_no_dependency()
    {
        SchemaObject[] objects =
        [
            new("s.a", "SELECT 1; -- as s.b"),
            new("s.b", "SELECT s.a(); COMMENT ON FUNCTION s.b() IS 'Not s.c; '\n  'it''s s.c that calls this.';"),
            new("s.c", "SELECT s.b()"),
        ];
        Assert.Equal(["s.a", "s.b", "s.c"], ObjectPlan.For(objects.Reverse(), [], tablesChange: false).Created.Select(item => item.Name));
    }

    /// <summary>Holds for random dependencies and random changes.</summary>
    [Fact]
    public void Objects_are_created_after_and_dropped_before_those_they_use()
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
                    // Objects use only earlier ones, so there is no cycle. Their shuffled names do not give away the order.
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

    /// <summary>Makes objects from texts of the form NAME:USED.</summary>
    private static SchemaObject[] Objects(params string[] declared) =>
        [.. declared.Select(text => text.Split(':')).Select(parts => new SchemaObject(parts[0], $"{parts[1]} -- {parts[0]}"))];

    private static List<(string Name, string Hash)> Recorded(IEnumerable<SchemaObject> objects) =>
        [.. ObjectPlan.For(objects, [], tablesChange: true).Created.Select(item => (item.Name, item.Hash))];

    [GeneratedRegex(
        @"^CREATE (OR REPLACE )?(CONSTRAINT |UNIQUE |MATERIALIZED )?"
            + @"((?<kind>FUNCTION|VIEW|TYPE|TABLE) (?<name>[a-z_]+\.[a-z_0-9]+)"
            + @"|(?<kind>TRIGGER|POLICY|INDEX) [^;]*? ON (?<name>[a-z_]+\.[a-z_0-9]+))",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex CreateStatement();
}
