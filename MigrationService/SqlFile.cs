namespace Wyckoff.MigrationService;

/// <summary>What of a migration is not generated: functions, triggers, views, policies, grants. Kept as SQL, so that it reads as SQL.</summary>
internal static class SqlFile
{
    public static string Read(string name)
    {
        using var stream = typeof(SqlFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no embedded SQL file '{name}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
