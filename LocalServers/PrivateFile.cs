using System.Security.Cryptography;

namespace Wyckoff.LocalServers;

/// <summary>Files that only their owner may read: passwords, connection strings, logs.</summary>
public static class PrivateFile
{
    public static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    /// <summary>The password in the file, or a new one that the file then holds.</summary>
    public static string ReadOrCreatePassword(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Write(path, NewPassword());
        }

        return File.ReadAllText(path).Trim();
    }

    /// <summary>Replaces the file in one step: a reader sees the old text or the new, and a crash leaves one of them.</summary>
    public static void Write(string path, string text)
    {
        var fresh = path + ".new";
        // The mode counts only for a file that is created.
        File.Delete(fresh);
        using (var writer = new StreamWriter(fresh, OwnerOnly(FileMode.CreateNew, FileAccess.Write, FileShare.None)))
        {
            writer.Write(text);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>A log that starts empty; each line is on disk when the call returns.</summary>
    public static StreamWriter OpenLog(string path)
    {
        File.Delete(path);
        return new(path, OwnerOnly(FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    /// <summary>Holds the file locked until disposed of; the system lets go of it when we die. Null when somebody else holds it.</summary>
    public static FileStream? TryLock(string path)
    {
        try
        {
            return new(path, OwnerOnly(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    private static FileStreamOptions OwnerOnly(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = access,
            Share = share,
        };
        // Windows has no such mode; the user's profile is private there.
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
