namespace Wyckoff.MigrationService;

/// <summary>What a migration says in SQL: the files of <c>Sql/</c>, embedded.</summary>
internal static class SqlFile
{
    public static string Read(string name)
    {
        using var stream = typeof(SqlFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no SQL file '{name}' in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
