namespace Wyckoff;

/// <summary>Section <c>Wyckoff:Secrets</c>.</summary>
public sealed class SecretsOptions
{
    public const string Section = "Wyckoff:Secrets";

    /// <summary>
    /// Where the keys lie that secrets in the database are encrypted with: the same for all replicas, in a backup, but not in the database's. Without it, in the
    /// user's own data folder, or, where there is none, beside the program.
    /// </summary>
    public string? KeyFolder { get; set; }

    internal string FolderOrDefault =>
        string.IsNullOrWhiteSpace(KeyFolder)
            ? Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify)
                    is { Length: > 0 } home
                    ? home
                    : AppContext.BaseDirectory,
                "wyckoff",
                "keys"
            )
            : KeyFolder;
}
