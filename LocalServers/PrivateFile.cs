using System.Security.Cryptography;

namespace Wyckoff.LocalServers;

/// <summary>Reads and writes files that only their owner can read: passwords, connection strings, logs, locks.</summary>
public static class PrivateFile
{
    public static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    /// <summary>Returns the password in the file. If the file does not exist, creates it with a new password.</summary>
    public static string ReadOrCreatePassword(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Write(path, NewPassword());
        }

        return File.ReadAllText(path).Trim();
    }

    /// <summary>Replaces the file atomically: a reader sees the old text or the new one, also after a crash.</summary>
    public static void Write(string path, string text)
    {
        var fresh = path + ".new";
        // The file mode applies only to a file that is created, so a left-over file is deleted first.
        File.Delete(fresh);
        using (var writer = new StreamWriter(fresh, OwnerOnly(FileMode.CreateNew, FileAccess.Write, FileShare.None)))
        {
            writer.Write(text);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Opens an empty log file that is flushed after each line.</summary>
    public static StreamWriter OpenLog(string path)
    {
        File.Delete(path);
        return new(path, OwnerOnly(FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    /// <summary>
    /// Locks the file until the stream is disposed or the process ends. Returns null if another process holds the lock.
    /// </summary>
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
        // Windows has no file modes; the user's profile folder is private there.
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
