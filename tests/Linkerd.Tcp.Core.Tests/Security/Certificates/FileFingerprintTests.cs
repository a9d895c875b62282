using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.TestUtilities.Files;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>What tells one content of a file from another: the kernel's numbers are those that .NET gives.</summary>
public sealed class FileFingerprintTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Of_File_HasItsLengthAndItsTime()
    {
        _directory.Write("x", "12345");
        var time = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1_234_567);
        File.SetLastWriteTimeUtc(_directory["x"], time);
        var fingerprint = FileFingerprint.Of(_directory["x"]);

        Assert.Equal((FileType.File, 0, 5L), (fingerprint.Kind, fingerprint.Error, fingerprint.Length));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The numbers are those of statx.");
        Assert.Equal((new DateTimeOffset(time).ToUnixTimeSeconds(), 123_456_700u), fingerprint.Modified);
        Assert.InRange(fingerprint.Changed.Seconds, DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds());
        Assert.NotEqual(0u, fingerprint.Identity.Inode);
    }

    [Fact]
    public void Of_WhatIsNoFile_IsItsKind()
    {
        Assert.Equal(FileType.Missing, FileFingerprint.Of(_directory["none"]).Kind);
        Assert.Equal(FileType.Missing, FileFingerprint.Of(_directory["none/none"]).Kind);
        Assert.Equal(FileType.Directory, FileFingerprint.Of(_directory.Path).Kind);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There are other devices elsewhere.");
        Assert.Equal(FileType.Special, FileFingerprint.Of("/dev/null").Kind);
        Assert.Equal((FileType.Unknown, 36), (FileFingerprint.Of("/" + new string('x', 300)).Kind, FileFingerprint.Of("/" + new string('x', 300)).Error));
    }

    [Fact]
    public void Of_AnyChange_IsAnotherOne()
    {
        _directory.Write("a/x", "1");
        _directory.Write("b/x", "1");
        File.CreateSymbolicLink(_directory["link"], "a");
        List<FileFingerprint> seen = [FileFingerprint.Of(_directory["link/x"])];
        Assert.Equal(seen[0], FileFingerprint.Of(_directory["link/x"]));
        Assert.Equal(seen[0], FileFingerprint.Of(_directory["a/x"]));

        _directory.Write("a/x", "12");
        seen.Add(FileFingerprint.Of(_directory["link/x"]));
        File.SetLastWriteTimeUtc(_directory["a/x"], DateTime.UtcNow.AddDays(-1));
        seen.Add(FileFingerprint.Of(_directory["link/x"]));
        File.Delete(_directory["link"]);
        seen.Add(FileFingerprint.Of(_directory["link/x"]));
        File.CreateSymbolicLink(_directory["link"], "b");
        seen.Add(FileFingerprint.Of(_directory["link/x"]));

        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    public void Dispose() => _directory.Dispose();
}
