namespace Wyckoff;

/// <summary>Section <c>Wyckoff:Secrets</c>.</summary>
public sealed class SecretsOptions
{
    public const string Section = "Wyckoff:Secrets";

    /// <summary>
    /// The folder of the keys that encrypt secrets in the database. All replicas share it, and it is backed up separately from the
    /// database. Default: the user's data folder, or a folder beside the program if the user has none.
    /// </summary>
    public string? KeyFolder { get; set; }

    internal string FolderOrDefault => string.IsNullOrWhiteSpace(KeyFolder) ? InUserFolder("keys") : KeyFolder;

    /// <summary>A file or folder in the user's data folder, or beside the program if the user has none.</summary>
    public static string InUserFolder(string name) =>
        Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify)
                is { Length: > 0 } home
                ? home
                : AppContext.BaseDirectory,
            "wyckoff",
            name
        );
}
