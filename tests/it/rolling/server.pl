# A small web server: it is healthy from the third request on, unless there is a file `broken` in the folder of its host.
use strict;
use warnings;
use IO::Socket::INET;

my ($host, $port, $fleet) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => $host, LocalPort => $port, Listen => 16, ReuseAddr => 1) or die $!;
my ($asked, $is_told) = (0, 0);
$SIG{PIPE} = 'IGNORE';
while (my $client = $server->accept) {
    while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
    my $is_healthy = ++$asked > 2 && !-e "$fleet/$host/broken";
    if ($is_healthy && !$is_told++) {
        open my $log, '>>', "$fleet/log" or die $!;
        syswrite $log, "healthy $host\n";
    }
    my ($status, $body) = $is_healthy ? (200, 'ok') : (503, 'starting');
    print $client "HTTP/1.1 $status x\r\ncontent-length: " . length($body) . "\r\nconnection: close\r\n\r\n$body";
    close $client;
}
