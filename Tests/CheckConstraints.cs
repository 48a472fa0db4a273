using System.Reflection;

namespace Wyckoff.Tests;

/// <summary>Finds check constraints that no test violates.</summary>
internal static class CheckConstraints
{
    /// <summary>Returns the check constraints of a schema that are not the third value of any InlineData of a test.</summary>
    public static async Task<IEnumerable<string>> UntestedAsync(TestDatabase database, string schema, MethodInfo test)
    {
        var tested = test.GetCustomAttributes<InlineDataAttribute>().Select(data => (string)data.Data[2]!);
        return (await AllAsync(database, schema)).Except(tested, StringComparer.Ordinal);
    }

    /// <summary>Returns the names of all check constraints of the schemas.</summary>
    public static Task<string[]> AllAsync(TestDatabase database, params string[] schemas) =>
        database.ScalarAsync<string[]>(
            $"""
            SELECT array_agg(conname::text ORDER BY conname::text)
              FROM pg_constraint
             WHERE contype = 'c' AND connamespace::regnamespace::text IN ({string.Join(", ", schemas.Select(schema => $"'{schema}'"))})
            """
        );
}
