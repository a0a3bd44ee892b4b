/** Header lines as ordinary mail has them when it arrives. */
export const ordinaryHeader: readonly string[] = [
  'Received: from mx1.example.net (mx1.example.net [192.0.2.1])',
  '\tby mx2.example.org with ESMTPS id 4Qx1',
  '\tfor <bob@example.org>; Mon, 2 Nov 2026 10:00:00 +0100',
  'From: Alice Example <alice@example.com>',
  'To: Bob <bob@example.org>, carol@example.org',
  'Subject: The minutes of the meeting',
  'Date: Mon, 2 Nov 2026 10:00:00 +0100',
  'Message-ID: <4711@example.com>',
];
