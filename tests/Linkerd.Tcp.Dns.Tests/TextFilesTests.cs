using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Dns.Tests;

public sealed class TextFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private TextVersion? _version;
    private string? _problem;

    [Fact]
    public void ReadIfChanged_SameFileTwice_IsReadOnce()
    {
        _directory.Write("hosts", "10.0.0.1 web");

        Assert.Equal("10.0.0.1 web", Read("hosts"));
        Assert.Null(Read("hosts"));
    }

    [Fact]
    public void ReadIfChanged_OtherLengthOrTime_IsReadAgain()
    {
        _directory.WriteOld("hosts", "a");
        Read("hosts");
        _directory.Write("hosts", "b");
        Assert.Equal("b", Read("hosts"));
        File.WriteAllText(_directory["hosts"], "bb");
        Assert.Equal("bb", Read("hosts"));
    }

    [Fact]
    public void ReadIfChanged_SymbolicLink_IsTheFileThatItLeadsTo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems may need a right to make one.");
        _directory.Write("one", "1");
        _directory.Write("two", "22");
        File.CreateSymbolicLink(_directory["link"], _directory["one"]);
        Assert.Equal("1", Read("link"));

        File.WriteAllText(_directory["one"], "111");
        Assert.Equal("111", Read("link"));

        File.Delete(_directory["link"]);
        File.CreateSymbolicLink(_directory["link"], _directory["two"]);
        Assert.Equal("22", Read("link"));
    }

    [Fact]
    public void ReadIfChanged_MissingFileOrDirectory_IsEmpty()
    {
        Assert.Equal("", Read("none"));
        Assert.Equal("", Read("none/none"));
        Assert.Null(_problem);
        Directory.CreateDirectory(_directory["directory"]);
        Assert.Equal("", Read("directory"));
        Assert.NotNull(_problem);
        Assert.Null(_version);
    }

    [Fact]
    public void Value_FileIsDeleted_IsEmptyAndParsedOnceForEachVersion()
    {
        var parsed = new List<string>();
        var file = new ParsedFile<string>(_directory["hosts"], TextFiles.Instance, text =>
        {
            parsed.Add(text);
            return text;
        }, Assert.Fail);
        Assert.Equal("", file.Value);
        Assert.Equal("", file.Value);
        _directory.Write("hosts", "x");
        Assert.Equal("x", file.Value);
        Assert.Equal("x", file.Value);
        File.Delete(_directory["hosts"]);
        Assert.Equal("", file.Value);
        Assert.Equal("", file.Value);
        Assert.Equal(["", "x", ""], parsed);
    }

    [Fact]
    public async Task ReadIfChanged_PipeOrDevice_SaysSoAndDoesNotWait()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes in the file system, and their kinds, are looked at there.");
        using var pipe = new NamedPipe(_directory["pipe"]);
        File.CreateSymbolicLink(_directory["link"], _directory["pipe"]);
        File.CreateSymbolicLink(_directory["zero"], "/dev/zero");
        foreach (var name in new[] { "pipe", "link", "zero" })
        {
            var read = await Task.Run(() => Read(name)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(("", "a regular file was expected", null), (read, _problem, _version));
        }
    }

    [Fact]
    public void ReadIfChanged_LongerThan16MiB_IsReadSoFarAndSaysSo()
    {
        using (var file = File.OpenHandle(_directory["hosts"], FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.SetLength(file, (16 << 20) + 1);
        }

        Assert.Equal(16 << 20, Read("hosts")!.Length);
        Assert.Contains("16 MiB", _problem, StringComparison.Ordinal);
        Assert.Null(Read("hosts"));
        Assert.Contains("16 MiB", _problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Value_CannotBeRead_IsWarnedOfOnceForEachProblem()
    {
        var warnings = new List<string>();
        var file = new ParsedFile<string>(_directory["hosts"], TextFiles.Instance, static text => text, warnings.Add);
        Directory.CreateDirectory(_directory["hosts"]);
        Assert.Equal("", file.Value);
        Assert.Equal("", file.Value);
        Assert.Single(warnings);
        Directory.Delete(_directory["hosts"]);
        _directory.Write("hosts", "x");
        Assert.Equal("x", file.Value);
        File.Delete(_directory["hosts"]);
        Directory.CreateDirectory(_directory["hosts"]);
        Assert.Equal("", file.Value);
        Assert.Equal(2, warnings.Count);
    }

    public void Dispose() => _directory.Dispose();

    private string? Read(string name) => TextFiles.Instance.ReadIfChanged(_directory[name], ref _version, out _problem);
}
