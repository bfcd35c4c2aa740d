/* Waits for a line on stdin, then writes COUNT lines of 100 bytes to stdout, PER of them with each write(2), and waits for the end of stdin. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long count = atol(argv[1]), per = atol(argv[2]);
  char *lines = malloc(100 * per), byte;
  for (long i = 0; i < per; i++) {
    memset(lines + 100 * i, 'a' + (int)(i % 26), 99);
    lines[100 * i + 99] = '\n';
  }
  while (read(0, &byte, 1) == 1 && byte != '\n') {}
  for (long done = 0; done < count; done += per) {
    long length = 100 * (count - done < per ? count - done : per), sent = 0;
    while (sent < length) {
      long n = write(1, lines + sent, length - sent);
      if (n < 0) return 1;
      sent += n;
    }
  }
  while (read(0, &byte, 1) == 1) {}
  return 0;
}
