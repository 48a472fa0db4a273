using System.Security.Cryptography;

namespace Wyckoff.LocalServers;

internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    public static void Write(string path, string text)
    {
        // Deleted first: the mode counts only for a file that is created.
        File.Delete(path);
        using var writer = new StreamWriter(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        writer.Write(text);
    }

    /// <summary>A log that starts empty; each line is on disk when the call returns.</summary>
    public static StreamWriter OpenLog(string path)
    {
        File.Delete(path);
        return new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite, UnixCreateMode = OwnerOnly }) { AutoFlush = true };
    }

    /// <summary>Holds the file locked until disposed of; the system lets go of it when we die. Null when somebody else holds it.</summary>
    public static FileStream? TryLock(string path)
    {
        try
        {
            return new(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly });
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
